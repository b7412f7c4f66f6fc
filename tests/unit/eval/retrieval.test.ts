/** Caption retrieval: candidates that are no paraphrases, ties, and what each way to rank makes of a matrix of scores. */
import { describe, expect, test } from 'vitest';
import { bitsPerPixel } from '#main/ml/eval/bits-per-pixel.ts';
import { chooseByLot } from '#main/ml/eval/choose-by-lot.ts';
import {
  chooseCandidates,
  isAmongTop,
  rankings,
  retrievalAccuracy,
  type Candidate,
} from '#main/ml/eval/retrieval.ts';

const row = (...values: number[]) => Float64Array.of(...values);

describe('candidates', () => {
  const clips: Candidate[] = [
    { caption: 'a red apple', group: 'apple' },
    { caption: 'an apple that is red', group: 'apple' },
    { caption: 'A  red apple ', group: 'another apple' },
    { caption: 'a dog', group: 'dog' },
    { caption: '', group: 'silence' },
    { caption: '一只狗', group: 'dog' },
    { caption: 'a cat', group: 'cat' },
  ];
  const facts = (indexes: number[]) => indexes.map((i) => clips[i]!);

  test('are one of a group and one of a caption, never empty, the same for the same seed', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 50; seed++) {
      const chosen = chooseCandidates(clips, 10, seed);
      expect(chooseCandidates(clips, 10, seed)).toEqual(chosen);
      seen.add(chosen.toSorted().join());
      // Clips 0 and 2 may not go together; 1 may go with 2.
      const groups = facts(chosen).map(({ group }) => group);
      expect(new Set(groups).size).toBe(groups.length);
      expect(chosen.includes(0) && chosen.includes(2)).toBe(false);
      expect(chosen).not.toContain(4);
      expect(chosen.length).toBeGreaterThanOrEqual(3);
    }
    expect(seen.size).toBeGreaterThan(3);
    expect(chooseCandidates(clips, 2, 1)).toHaveLength(2);
  });

  test('without groups are told apart by captions alone, and keep clear of what is taken', () => {
    const plain = clips.map(({ caption }) => ({ caption }));
    expect(chooseCandidates(plain, 10, 1)).toHaveLength(5);
    const besides = [{ caption: 'something', group: 'dog' }, { caption: 'A CAT' }];
    const rest = facts(chooseCandidates(clips, 10, 1, besides)).map(({ group }) => group);
    expect(rest.every((group) => group!.includes('apple'))).toBe(true);
  });
});

describe('accuracy', () => {
  test('ties are broken by lot', () => {
    expect(isAmongTop(row(3, 2, 1), 0, 1)).toBe(1);
    expect(isAmongTop(row(3, 2, 1), 1, 1)).toBe(0);
    expect(isAmongTop(row(3, 3, 1), 1, 1)).toBe(1 / 2);
    expect(isAmongTop(row(9, 3, 3, 3), 2, 2)).toBeCloseTo(1 / 3);
    // A model that knows nothing gets what guessing gets.
    expect(isAmongTop(new Float64Array(50), 7, 5)).toBeCloseTo(5 / 50);
  });

  test('counts clips whose own caption comes first, and among the first five', () => {
    const scores = Array.from({ length: 8 }, (_, clip) =>
      Float64Array.from({ length: 8 }, (_, caption) => -((caption - clip + 8) % 8)),
    );
    expect(retrievalAccuracy(scores)).toEqual({ top1: 1, top5: 1 });
    const shifted = scores.map((_, clip) => scores[(clip + 1) % 8]!);
    // Its own caption is now the last of all.
    expect(retrievalAccuracy(shifted)).toEqual({ top1: 0, top5: 0 });
    expect(retrievalAccuracy([row(1, 1), row(0, 1)])).toEqual({ top1: 0.75, top5: 1 });
  });
});

test('ranking by lift finds what length and habit hide', () => {
  // Caption 0 is short and likely whatever the clip, caption 1 long: the model prefers each for its own clip by 2 nats.
  const scores = {
    logLikelihoods: [row(-4, -12), row(-6, -10)],
    ofOthers: [row(-5, -11.5), row(-5, -12.5)],
    lengths: [2, 4],
  };
  const { total, perToken, lift } = rankings(scores);
  expect(retrievalAccuracy(total)).toEqual({ top1: 0.5, top5: 1 });
  expect(retrievalAccuracy(perToken).top1).toBe(1);
  expect(perToken[0]).toEqual(row(-2, -3));
  expect(retrievalAccuracy(lift!).top1).toBe(1);
  const prior = Math.log((Math.exp(-11.5) + Math.exp(-12.5)) / 2);
  expect(lift![0]![1]).toBeCloseTo(-12 - prior, 12);
  expect(lift![0]![0]).toBeCloseTo(1, 12);
  expect(rankings({ ...scores, ofOthers: [] }).lift).toBeNull();
});

test('bits per pixel: 320 tokens of 10 bits on 17 frames of 64×64', () => {
  expect(bitsPerPixel(320 * Math.log(1024), 17 * 64 * 64)).toBeCloseTo(3200 / 69632, 12);
});

test('a choice by lot keeps the order, repeats itself, and is not the first few', () => {
  const items = Array.from({ length: 100 }, (_, i) => i);
  const chosen = chooseByLot(items, 10, 1);
  expect(chosen).toHaveLength(10);
  expect(chosen).toEqual(chosen.toSorted((a, b) => a - b));
  expect(new Set(chosen).size).toBe(10);
  expect(chooseByLot(items, 10, 1)).toEqual(chosen);
  expect(chooseByLot(items, 10, 2)).not.toEqual(chosen);
  expect(Math.max(...chosen)).toBeGreaterThan(20);
  expect(chooseByLot(items, 200, 1)).toEqual(items);
});
