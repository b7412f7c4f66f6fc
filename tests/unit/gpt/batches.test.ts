/** Batches: masks are uniform and weighted so that the loss is a bound, captions are dropped, rows without a clip count for nothing. */
import { describe, expect, it } from 'vitest';
import { captionFeeds, conditionedFeeds, generateFeeds } from '#main/ml/gpt/batches.ts';
import { gptShape } from '#main/ml/gpt/shape.ts';
import { Random } from '#shared/domain/random.ts';
import { firstByte, specialToken } from '#main/ml/text/vocabulary.ts';

const { pad, empty, end } = specialToken;

function shapeOf(order: 'frame' | 'raster') {
  return gptShape(
    { order, width: 32, heads: 2, depth: 1, textLength: 4, textVocabulary: 300, textFeatures: 0 },
    { strideT: 4, strideS: 8, levels: [3, 5] },
    { frames: 9, size: 16 },
    270,
  );
}
const shape = shapeOf('frame');
const example = {
  tokens: Int32Array.from({ length: shape.videoTokens }, (_, i) => i),
  text: Int32Array.of(firstByte, end, pad, pad),
};
const options = (seed = 1) => ({ batch: 1, random: Random.seeded(seed) });

describe('the shape', () => {
  it('counts tokens, codes and parameters', () => {
    expect(shape).toMatchObject({ grid: { T: 3, H: 2, W: 2 }, frameTokens: 4, videoTokens: 12, codes: 15 });
  });

  it('refuses heads that do not divide the width', () => {
    const model = {
      order: 'frame',
      width: 32,
      heads: 5,
      depth: 1,
      textLength: 4,
      textVocabulary: 300,
      textFeatures: 0,
    } as const;
    const window = { frames: 9, size: 16 };
    expect(() => gptShape(model, { strideT: 4, strideS: 8, levels: [15] }, window, 270)).toThrow(/5 heads/);
  });
});

describe('batches', () => {
  it('mask between one and all tokens of each frame, and leave the others as they are', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { masked, weights, tokens } = generateFeeds([example], shape, options(seed));
      for (let t = 0; t < 3; t++) {
        const frame = [0, 1, 2, 3].map((i) => t * 4 + i);
        const hidden = frame.filter((i) => masked![i] === shape.codes);
        expect(hidden.length).toBeGreaterThan(0);
        for (const i of frame) {
          expect(masked![i]).toBe(hidden.includes(i) ? shape.codes : tokens![i]);
          expect(weights![i]).toBeCloseTo(hidden.includes(i) ? 4 / hidden.length : 0);
        }
      }
    }
  });

  it('mask every number of tokens equally often, and every position', () => {
    const random = Random.seeded(2);
    const numbers = [0, 0, 0, 0];
    const positions = [0, 0, 0, 0];
    const draws = 4000;
    for (let i = 0; i < draws; i++) {
      const { weights } = generateFeeds([example], shape, { batch: 1, random });
      const hidden = [0, 1, 2, 3].filter((position) => weights![position]! > 0);
      numbers[hidden.length - 1]! += 1 / draws;
      for (const position of hidden) positions[position]! += weights![position]! / draws;
    }
    for (const share of numbers) expect(share).toBeCloseTo(1 / 4, 1);
    // The mean weight of every token is 1: the expected loss counts each token once.
    for (const weight of positions) expect(weight).toBeCloseTo(1, 1);
  });

  it('repeat with the same random state', () => {
    expect(generateFeeds([example], shape, options(3))).toEqual(generateFeeds([example], shape, options(3)));
    expect(generateFeeds([example], shape, options(3))).not.toEqual(
      generateFeeds([example], shape, options(4)),
    );
  });

  it('drop captions in the wanted share', () => {
    const examples = Array.from({ length: 1000 }, () => example);
    const random = Random.seeded(1);
    const { text } = generateFeeds(examples, shape, { batch: 1000, random, captionDropout: 0.1 });
    const rows = examples.map((_, row) => [...text!.slice(row * 4, row * 4 + 4)]);
    const dropped = rows.filter((row) => row[0] === empty);
    expect(dropped.length / 1000).toBeCloseTo(0.1, 1);
    expect(dropped[0]).toEqual([empty, pad, pad, pad]);
    expect([...example.text]).toEqual([firstByte, end, pad, pad]);
  });

  describe('with sentence features', () => {
    const withFeature = { ...shape, textFeatures: 2 };
    const spoken = { ...example, feature: Float32Array.of(0.6, 0.8) };
    const silent = { ...example, feature: new Float32Array(2) };
    const rowsOf = (clip: typeof spoken, dropouts: object) => {
      const examples = Array.from({ length: 1000 }, () => clip);
      const random = Random.seeded(1);
      const { text, feature } = generateFeeds(examples, withFeature, { batch: 1000, random, ...dropouts });
      return examples.map((_, row) => ({
        hasWords: text![row * 4] !== empty,
        hasFeature: feature![row * 2 + 1] !== 0,
      }));
    };
    const share = (rows: readonly boolean[]) => rows.filter(Boolean).length / rows.length;

    it('feed them, and zeros for rows without a clip', () => {
      const { feature } = generateFeeds([spoken], withFeature, { ...options(), batch: 2 });
      expect(feature).toEqual(Float32Array.of(0.6, 0.8, 0, 0));
    });

    it('drop them with the words', () => {
      const rows = rowsOf(spoken, { captionDropout: 0.2 });
      expect(share(rows.map(({ hasWords }) => !hasWords))).toBeCloseTo(0.2, 1);
      expect(rows.every(({ hasWords, hasFeature }) => hasWords === hasFeature)).toBe(true);
    });

    it('drop the words alone, but only where a feature stays', () => {
      const rows = rowsOf(spoken, { wordsDropout: 0.2 });
      expect(rows.every(({ hasFeature }) => hasFeature)).toBe(true);
      expect(share(rows.map(({ hasWords }) => !hasWords))).toBeCloseTo(0.2, 1);
      expect(rowsOf(silent, { wordsDropout: 1 }).every(({ hasWords }) => hasWords)).toBe(true);
    });

    it('refuse clips without one', () => {
      expect(() => generateFeeds([example], withFeature, options())).toThrow(/has no numbers, not 2/);
    });
  });

  describe('that know where a clip arrives', () => {
    const arriving = (closesLoop: boolean) => ({
      ...example,
      arrival: { lastPicture: Int32Array.of(9, 8, 7, 6), closesLoop },
    });
    const conditioned = (closesLoop: boolean, loopShare: number, batch = 1) =>
      conditionedFeeds([arriving(closesLoop)], shape, { ...options(), batch, loopShare });

    it('give the last picture to in-betweens, and the first to loops', () => {
      expect(conditioned(true, 0)).toMatchObject({
        task: Int32Array.of(2),
        condition: Int32Array.of(9, 8, 7, 6),
      });
      expect(conditioned(true, 1)).toMatchObject({
        task: Int32Array.of(3),
        condition: example.tokens.slice(0, 4),
      });
    });

    it('learn no loop from a clip that closes none', () => {
      expect(conditioned(false, 1)['task']).toEqual(Int32Array.of(2));
    });

    it('are masked like others', () => {
      const { masked, weights, present } = conditioned(true, 0.5, 2);
      expect([...masked!].filter((token) => token === shape.codes).length).toBeGreaterThan(0);
      expect(Math.max(...weights!)).toBeGreaterThan(0);
      expect([...present!]).toEqual([1, 0]);
    });

    it('refuse clips that do not say', () => {
      expect(() => conditionedFeeds([example], shape, { ...options(), loopShare: 0 })).toThrow(
        /lacks the picture/,
      );
    });
  });

  it('fill up with rows that are not present', () => {
    const { present, tokens } = captionFeeds([example], shape, { batch: 3, random: Random.seeded(1) });
    expect([...present!]).toEqual([1, 0, 0]);
    expect(tokens).toHaveLength(36);
  });

  it('feed a seed only for dropout, and masks only in frame order', () => {
    expect(Object.keys(generateFeeds([example], shapeOf('raster'), options()))).toEqual([
      'text',
      'tokens',
      'present',
    ]);
    expect(generateFeeds([example], shape, { ...options(), dropout: 0.1 })['seed']).toHaveLength(1);
  });

  it('refuse clips of another size', () => {
    const short = { ...example, tokens: example.tokens.slice(1) };
    expect(() => generateFeeds([short], shape, options())).toThrow(/11 tokens where 12 belong/);
    expect(() => generateFeeds([example, example], shape, options())).toThrow(/2 clips for a batch of 1/);
  });
});
