import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codebookSize, codeOfIndex, indexOfLevels, levelsOfIndex } from '#main/ml/tokenizer/fsq.ts';

const anyLevels = fc.array(fc.integer({ min: 2, max: 9 }), { minLength: 1, maxLength: 4 });

test('every index of the default codebook has its own levels and leads back to itself', () => {
  const levels = [8, 5, 5, 5];
  const seen = new Set<string>();
  for (let index = 0; index < codebookSize(levels); index++) {
    const level = levelsOfIndex(index, levels);
    seen.add(level.join());
    expect(indexOfLevels(level, levels)).toBe(index);
  }
  expect(seen.size).toBe(1000);
});

test('so it is for any levels, and codes stay within -1 … 1 and hit 0', () => {
  fc.assert(
    fc.property(anyLevels, fc.nat(), (levels, n) => {
      const index = n % codebookSize(levels);
      expect(indexOfLevels(levelsOfIndex(index, levels), levels)).toBe(index);
      for (const value of codeOfIndex(index, levels)) expect(Math.abs(value)).toBeLessThanOrEqual(1);
      const middle = indexOfLevels(
        levels.map((count) => Math.floor(count / 2)),
        levels,
      );
      expect(codeOfIndex(middle, levels)).toEqual(levels.map(() => 0));
    }),
  );
});
