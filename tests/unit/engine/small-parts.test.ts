/** The engine's small pure parts: ids, names of uploads, pace of takes, output tails. */
import { expect, test } from 'vitest';
import { id } from '#shared/contract/common.ts';
import { newId } from '#main/engine/ids.ts';
import { createTail } from '#main/engine/jobs/output-tail.ts';
import { isPlainName } from '#main/engine/server/upload.ts';
import { naturalFrameRate } from '#main/engine/services/frame-rate.ts';

test('ids are ULIDs that sort by birth, also within a millisecond and when the clock steps back', () => {
  const made = [...Array.from({ length: 1000 }, () => newId(5_000_000_000_000)), newId(4_999_999_999_999)];
  expect(made.every((text) => id.safeParse(text).success)).toBe(true);
  expect(made.toSorted()).toEqual(made);
  expect(new Set(made).size).toBe(made.length);
});

test.each([
  ['cat.mp4', true],
  ['..mp4', true],
  ['猫 🐈.gif', true],
  ['', false],
  ['.', false],
  ['..', false],
  ['...', false],
  ['a/b', false],
  ['a\\b', false],
  ['C:', false],
  ['a\u0000b', false],
  ['x'.repeat(256), false],
])('plain name %j: %s', (name, plain) => {
  expect(isPlainName(name)).toBe(plain);
});

test('a take plays at the pace of the clip of middle length, within reason', () => {
  expect(naturalFrameRate(17, [1, 2, 100])).toBe(8.5);
  expect(naturalFrameRate(17, [100])).toBe(4);
  expect(naturalFrameRate(17, [0.1])).toBe(30);
  expect(naturalFrameRate(17, [0, 0])).toBe(12);
});

test('a tail keeps the last lines', () => {
  const tail = createTail();
  for (let line = 1; line <= 100; line++) tail.push(`line ${line}\n`);
  const lines = tail.text().split('\n');
  expect(lines).toHaveLength(12);
  expect(lines.at(-1)).toBe('line 100');
});
