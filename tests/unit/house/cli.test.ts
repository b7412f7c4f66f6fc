/** The pure parts of the command line: option values, picking by name, tables and numbers. */
import { InvalidArgumentError } from 'commander';
import { describe, expect, test } from 'vitest';
import { formatBytes, formatDuration, formatProgress, table } from '#main/cli/format.ts';
import { decimal, ratio, setting, wholeNumber } from '#main/cli/option-parsers.ts';
import { pick } from '#main/cli/pick.ts';

describe('option values', () => {
  test('numbers', () => {
    expect(wholeNumber('12')).toBe(12);
    expect(decimal('0.5')).toBe(0.5);
    for (const text of ['', '1.5', '-1', 'x', '0x10'])
      expect(() => wholeNumber(text), text).toThrow(InvalidArgumentError);
    for (const text of ['', ' ', 'x', 'Infinity'])
      expect(() => decimal(text), text).toThrow(InvalidArgumentError);
  });

  test('a ratio', () => {
    expect(ratio('80/10/10')).toEqual({ train: 80, val: 10, test: 10 });
    expect(ratio('0.9/0.1/0')).toEqual({ train: 0.9, val: 0.1, test: 0 });
    for (const text of ['80', '0/50/50', '1/1', '1/1/x', '1/-1/1'])
      expect(() => ratio(text), text).toThrow(InvalidArgumentError);
  });

  test('settings gather into one nested object and leave the one before as it was', () => {
    const first = setting('gpt.epochs=20');
    const both = setting('gpt.model.order=raster', first);
    expect(both).toEqual({ gpt: { epochs: 20, model: { order: 'raster' } } });
    expect(first).toEqual({ gpt: { epochs: 20 } });
    expect(setting('tokenizer.model.levels=[4,4]')).toEqual({ tokenizer: { model: { levels: [4, 4] } } });
    for (const text of ['gpt', '=1', 'gpt..x=1', 'a b=1'])
      expect(() => setting(text), text).toThrow(InvalidArgumentError);
  });
});

describe('picking', () => {
  const runs = [
    { id: '01A', name: 'first', createdAt: 1 },
    { id: '01B', name: 'second', createdAt: 2 },
    { id: '01C', name: 'first', createdAt: 3 },
  ];

  test('nothing said means the newest; a name means its newest; an id means itself', () => {
    expect(pick('run', runs, undefined).id).toBe('01C');
    expect(pick('run', runs, 'first').id).toBe('01C');
    expect(pick('run', runs, '01A').id).toBe('01A');
  });

  test('what is not there is said', () => {
    expect(() => pick('run', runs, 'third')).toThrow(/run third/);
    expect(() => pick('run', [], undefined)).toThrow(/run/);
  });
});

describe('for people', () => {
  test('durations and sizes', () => {
    expect([7, 59.6, 200, 3900].map(formatDuration)).toEqual(['7 s', '1 min 0 s', '3 min 20 s', '1 h 5 min']);
    expect([0, 999, 1000, 1_250_000].map(formatBytes)).toEqual(['0 B', '999 B', '1.0 kB', '1.3 MB']);
  });

  test('progress says what is known, and nothing of what is not', () => {
    const unknown = { done: 0, total: 0, rate: 0, secondsLeft: null };
    expect(formatProgress(unknown)).toBe('');
    expect(formatProgress({ ...unknown, done: 7 })).toBe('7');
    expect(formatProgress({ done: 12, total: 64, rate: 3.06, secondsLeft: 17 })).toBe(
      '12/64  3.1/s  17 s left',
    );
    expect(formatProgress({ done: 64, total: 64, rate: 20, secondsLeft: 0 })).toBe('64/64  20/s');
  });

  test('tables line up, numbers to the right', () => {
    expect(
      table(
        ['part', 'clips'],
        [
          ['train', 8],
          ['val', 12],
        ],
      ),
    ).toBe(['part   clips', 'train      8', 'val       12'].join('\n'));
  });
});
