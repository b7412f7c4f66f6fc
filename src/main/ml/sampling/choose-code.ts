/** From logits to one video token, whose factors are drawn one by one. */
import { tokenOfFactors } from '../gpt/code-factors.ts';
import { chooseToken, type Random, type TokenChoice, type TokenSettings } from './choose-token.ts';

/**
 * @param logits over the factors of the codebook, one after the other
 * @param factors their sizes, see `code-factors.ts`
 */
export function chooseCode(
  logits: Float32Array,
  factors: readonly number[],
  settings: TokenSettings,
  random: Random,
): TokenChoice {
  let at = 0;
  const choices = factors.map((size) => chooseToken(logits.subarray(at, (at += size)), settings, random));
  return {
    token: tokenOfFactors(
      choices.map(({ token }) => token),
      factors,
    ),
    probability: choices.reduce((product, { probability }) => product * probability, 1),
  };
}
