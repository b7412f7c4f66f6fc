/** Large codebooks in factors: arithmetic in both directions, and drawing. */
import { expect, it } from 'vitest';
import { codeFactors, offsetsOf, tokenOfFactors } from '#main/ml/gpt/code-factors.ts';
import { chooseCode } from '#main/ml/sampling/choose-code.ts';
import { chooseToken } from '#main/ml/sampling/choose-token.ts';

it.each([
  [[8, 5, 5, 5], [1000]],
  [
    [7, 5, 5, 5, 5],
    [875, 5],
  ],
  [
    [8, 8, 8, 5, 5, 5],
    [512, 125],
  ],
  [[2000], [2000]],
])('levels %j are predicted in factors %j', (levels, factors) => {
  expect(codeFactors(levels)).toEqual(factors);
});

it('knows where each factor begins, and what token they make up', () => {
  expect(offsetsOf([512, 125])).toEqual([0, 512]);
  expect(tokenOfFactors([511, 124], [512, 125])).toBe(63_999);
  expect(tokenOfFactors([3, 2], [512, 125])).toBe(2 * 512 + 3);
});

it('draws each factor by its own logits; a token is as sure as all its factors together', () => {
  const factors = [3, 2];
  const likely = (p: number) => Math.log(p);
  const logits = Float32Array.of(likely(0.7), likely(0.2), likely(0.1), likely(0.4), likely(0.6));
  const greedy = chooseCode(logits, factors, { temperature: 0, topP: 1 }, () => 0);
  expect(greedy.token).toBe(3);
  expect(greedy.probability).toBeCloseTo(0.42, 6);
  // Near the end of [0, 1) both draws fall on the last entry.
  const last = chooseCode(logits, factors, { temperature: 1, topP: 1 }, () => 0.999);
  expect(last.token).toBe(2 + 3 * 1);
  expect(last.probability).toBeCloseTo(0.06, 6);
});

it('is the same as choosing a token where there is one factor', () => {
  const logits = Float32Array.of(0.3, -1, 2, 0.1);
  const settings = { temperature: 0.9, topP: 0.8 };
  expect(chooseCode(logits, [4], settings, () => 0.6)).toEqual(chooseToken(logits, settings, () => 0.6));
});
