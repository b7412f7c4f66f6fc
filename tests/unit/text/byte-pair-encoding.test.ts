/** Byte-pair encoding: what goes in comes out, the same captions give the same merges, damaged files are refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BytePairEncoding } from '#main/ml/text/byte-pair-encoding.ts';
import { splitWords } from '#main/ml/text/split-words.ts';
import { firstByte, firstMerge, specialToken } from '#main/ml/text/vocabulary.ts';

const captions = [
  'a grinning face with big eyes',
  'a grinning face with smiling eyes',
  'a cat face with tears of joy',
  'a cat with a wry smile',
  '微笑的猫脸',
  '微笑的脸',
];

describe('byte-pair encoding', () => {
  it('gives any text back', () => {
    const encoding = BytePairEncoding.train(captions, 320);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(encoding.decode(encoding.encode(text))).toBe(text);
      }),
    );
    for (const text of ['👩‍👩‍👧 🏳️‍🌈', '\uFEFFbom', 'العربية', ' \n\t ', 'naïve 𝔘𝔫𝔦𝔠𝔬𝔡𝔢', '']) {
      expect(encoding.decode(encoding.encode(text))).toBe(text);
    }
  });

  it('splits text without losing a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(splitWords(text).join('')).toBe(text);
      }),
    );
  });

  it('shortens what it has seen and still encodes what it has not', () => {
    const encoding = BytePairEncoding.train(captions, 400);
    expect(encoding.encode(' face')).toHaveLength(1);
    expect(encoding.encode('微笑的').length).toBeLessThan(9);
    expect(encoding.encode('ζ')).toEqual([firstByte + 0xce, firstByte + 0xb6]);
  });

  it('takes the most frequent pair first, and the smaller tokens among equals', () => {
    const encoding = BytePairEncoding.train(['ab ab ab cd cd cd xy'], firstMerge + 3);
    const byte = (letter: string) => firstByte + letter.charCodeAt(0);
    // Three pairs occur three times; the blank is the smallest token. (" a" occurs twice: the first "ab" has no blank.)
    expect(encoding.merges).toEqual([
      [byte(' '), byte('c')],
      [byte('a'), byte('b')],
      [firstMerge, byte('d')],
    ]);
  });

  it('learns the same merges whatever the order of the captions', () => {
    expect(BytePairEncoding.train(captions.toReversed(), 400).toJson()).toEqual(
      BytePairEncoding.train(captions, 400).toJson(),
    );
  });

  it('stops at the vocabulary, and earlier when no pair repeats', () => {
    expect(BytePairEncoding.train(captions, 270).vocabulary).toBe(270);
    expect(BytePairEncoding.train(['abc'], 1024).vocabulary).toBe(firstMerge);
    expect(BytePairEncoding.train([], 1024).vocabulary).toBe(firstMerge);
  });

  it('lays a prompt out: text, end, padding; cut when long; empty when there is none', () => {
    const encoding = BytePairEncoding.train([], 260);
    const { pad, empty, end } = specialToken;
    expect([...encoding.encodePrompt('ab', 5)]).toEqual([firstByte + 97, firstByte + 98, end, pad, pad]);
    expect([...encoding.encodePrompt('abcdef', 4)]).toEqual(
      [97, 98, 99].map((b) => firstByte + b).concat(end),
    );
    expect([...encoding.encodePrompt('  ', 3)]).toEqual([empty, pad, pad]);
  });

  it('comes back from JSON as it was', () => {
    const encoding = BytePairEncoding.train(captions, 400);
    const read = BytePairEncoding.fromJson(JSON.parse(JSON.stringify(encoding.toJson())), 'text.json');
    expect(read.encode('a smiling cat 笑')).toEqual(encoding.encode('a smiling cat 笑'));
  });

  it.each([
    ['a merge of a later token', [[firstByte, firstMerge]]],
    ['a merge of a special token', [[specialToken.pad, firstByte]]],
    ['a merge that repeats', [[10, 11], [10, 11]]], // prettier-ignore
    ['a merge of three', [[10, 11, 12]]],
  ])('refuses %s', (_, merges) => {
    const json = { kind: 'byte-pair-encoding', merges };
    expect(() => BytePairEncoding.fromJson(json, 'text.json')).toThrow(/text\.json is damaged.*merges/s);
  });
});
