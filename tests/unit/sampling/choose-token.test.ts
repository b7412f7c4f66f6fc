/** Draws of tokens follow the probabilities, the nucleus, the temperature and the guidance. */
import { describe, expect, it } from 'vitest';
import { chooseToken, guide, logSoftmax, softmax } from '#main/ml/sampling/choose-token.ts';

const logits = Float32Array.from([0.5, 0.3, 0.15, 0.05], Math.log);

/** Evenly spread draws instead of a generator: shares come out exactly. */
function shares(settings: { temperature: number; topP: number }, draws = 1000): number[] {
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < draws; i++) {
    counts[chooseToken(logits, settings, () => (i + 0.5) / draws).token]! += 1 / draws;
  }
  return counts;
}

describe('choosing a token', () => {
  it('draws in proportion to the probabilities', () => {
    const found = shares({ temperature: 1, topP: 1 });
    [0.5, 0.3, 0.15, 0.05].forEach((share, i) => expect(found[i]).toBeCloseTo(share, 2));
  });

  it('keeps the smallest set of tokens that reaches top-p, and at least one', () => {
    const found = shares({ temperature: 1, topP: 0.75 });
    expect(found[0]).toBeCloseTo(0.625, 2);
    expect(found[1]).toBeCloseTo(0.375, 2);
    expect(found.slice(2)).toEqual([0, 0]);
    expect(shares({ temperature: 1, topP: 0.001 })[0]).toBeCloseTo(1);
  });

  it('sharpens with a low temperature and takes the likeliest at 0', () => {
    expect(shares({ temperature: 0.5, topP: 1 })[0]).toBeCloseTo(0.25 / 0.365, 2);
    const choice = chooseToken(logits, { temperature: 0, topP: 1 }, () => 0.999);
    expect(choice.token).toBe(0);
    expect(choice.probability).toBeCloseTo(0.5);
  });

  it('never draws a token that is impossible', () => {
    const impossibleLast = Float32Array.from([0, -Infinity]);
    expect(chooseToken(impossibleLast, { temperature: 1, topP: 1 }, () => 1 - 2 ** -53).token).toBe(0);
  });

  it('survives large logits', () => {
    expect([...softmax(Float32Array.of(1e4, 1e4), 1)]).toEqual([0.5, 0.5]);
    expect(logSoftmax(Float32Array.of(1e4, 1e4))[0]).toBeCloseTo(Math.log(0.5), 3);
  });

  it('guides away from the unconditional logits; scale 1 changes nothing', () => {
    const conditional = Float32Array.of(2, 0);
    const unconditional = Float32Array.of(1, 1);
    expect([...guide(conditional, unconditional, 1)]).toEqual([2, 0]);
    expect([...guide(conditional, unconditional, 3)]).toEqual([4, -2]);
  });
});
