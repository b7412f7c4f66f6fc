/** WordPiece gives the tokens that HuggingFace's tokenizers gave (tests/golden/word_piece.py), and never more than asked for. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { basicTokens } from '#main/ml/text/basic-tokens.ts';
import { WordPiece } from '#main/ml/text/word-piece.ts';

const file = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const vocabulary = file('resources/text-encoder/vocabulary.txt').trimEnd().split('\n');
const golden = JSON.parse(file('tests/golden/word-piece.json')) as {
  longest: number;
  cases: { text: string; tokens: number[] }[];
};
const wordPiece = new WordPiece(vocabulary);
const [first, last] = ['[CLS]', '[SEP]'].map((piece) => vocabulary.indexOf(piece));

test.each(golden.cases)('$text', ({ text, tokens }) => {
  expect(wordPiece.encode(text, golden.longest)).toEqual(tokens);
});

describe('WordPiece', () => {
  it('takes any string, and keeps within the length', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.integer({ min: 2, max: 20 }),
        (text, longest) => {
          const tokens = wordPiece.encode(text, longest);
          expect(tokens.length).toBeLessThanOrEqual(longest);
          expect([tokens[0], tokens.at(-1)]).toEqual([first, last]);
          expect(tokens.every((token) => Number.isInteger(token) && vocabulary[token] !== undefined)).toBe(
            true,
          );
        },
      ),
    );
  });

  it('takes a special token that somebody typed for words', () => {
    expect(basicTokens('[SEP] end')).toEqual(['[', 'sep', ']', 'end']);
    expect(wordPiece.encode('[SEP]', 9).filter((token) => token === last)).toHaveLength(1);
  });

  it('drops half a character instead of failing on it', () => {
    expect(basicTokens('a\uD83Db')).toEqual(['ab']);
  });

  it('refuses a vocabulary without the special tokens', () => {
    expect(() => new WordPiece(['dog', '[CLS]', '[SEP]'])).toThrow('[UNK]');
  });
});
