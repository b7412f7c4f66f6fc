/** Masked decoding of a frame: the schedule ends at nothing masked, sure tokens come first, a seed repeats itself. */
import { describe, expect, it } from 'vitest';
import { decodeStep, maskedAfterStep, startFrame } from '#main/ml/sampling/masked-decoding.ts';

const MASK = 9;
const factors = [3];
const allMasked = (count: number) => startFrame(new Int32Array(count).fill(MASK), MASK);
const greedy = { temperature: 0, topP: 1 };

/** Position p prefers token p % 3, and is the surer the larger p is. */
const logitsAt = (position: number) =>
  Float32Array.from([0, 1, 2], (token) => (token === position % 3 ? position : 0));

describe('masked decoding', () => {
  it.each([1, 2, 8, 64])('unmasks everything in %i steps, faster towards the end', (steps) => {
    const left = Array.from({ length: steps }, (_, step) => maskedAfterStep(step, steps, 64));
    expect(left.at(-1)).toBe(0);
    expect(left).toEqual(left.toSorted((a, b) => b - a));
    if (steps === 8) expect(64 - left[0]!).toBeLessThan(left.at(-2)!);
  });

  it('decides the surest positions first', () => {
    const frame = allMasked(8);
    decodeStep(frame, logitsAt, factors, 0, 2, greedy, Math.random);
    expect([...frame.isMasked]).toEqual([1, 1, 1, 1, 1, 0, 0, 0]);
    expect([...frame.tokens]).toEqual([MASK, MASK, MASK, MASK, MASK, 2, 0, 1]);
    expect(frame.confidence[7]).toBeGreaterThan(frame.confidence[6]!);
    decodeStep(frame, logitsAt, factors, 1, 2, greedy, Math.random);
    expect([...frame.tokens]).toEqual([0, 1, 2, 0, 1, 2, 0, 1]);
  });

  it('leaves given tokens alone, and spreads the others over the steps', () => {
    const given = Int32Array.from({ length: 16 }, (_, i) => (i < 8 ? 5 : MASK));
    const frame = startFrame(given, MASK);
    expect(frame.toDecide).toBe(8);
    const left = [0, 1, 2, 3].map((step) => {
      decodeStep(frame, logitsAt, factors, step, 4, greedy, Math.random);
      return frame.isMasked.reduce((sum, masked) => sum + masked, 0);
    });
    expect(left).toEqual([0, 1, 2, 3].map((step) => maskedAfterStep(step, 4, 8)));
    expect([...frame.tokens.subarray(0, 8)]).toEqual(new Array(8).fill(5));
    expect([...frame.confidence.subarray(0, 8)]).toEqual(new Array(8).fill(1));
    expect(given[8]).toBe(MASK);
  });

  it('decides at least one token a step, even with more steps than tokens', () => {
    const frame = allMasked(4);
    for (let step = 0; step < 4; step++) decodeStep(frame, logitsAt, factors, step, 64, greedy, Math.random);
    expect(frame.isMasked).not.toContain(1);
  });

  it('does the same with the same random numbers, and something else with others', () => {
    const decode = (seed: number) => {
      let state = seed;
      const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
      const frame = allMasked(16);
      const flat = () => new Float32Array(3);
      for (let step = 0; step < 4; step++)
        decodeStep(frame, flat, factors, step, 4, { temperature: 1, topP: 1 }, random);
      return [...frame.tokens];
    };
    expect(decode(1)).toEqual(decode(1));
    expect(decode(1)).not.toEqual(decode(2));
  });
});
