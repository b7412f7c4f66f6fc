/** Masked decoding of one latent frame: all tokens are guessed at once, the surest stay (MaskGIT, Chang et al. 2022). */
import { chooseCode } from './choose-code.ts';
import type { Random, TokenSettings } from './choose-token.ts';

/** Confidence is shaken by this much Gumbel noise at first, less at each step: else every clip looks its smoothest. */
const CONFIDENCE_NOISE = 4.5;

/** A latent frame being decided, token by token in raster order. */
export interface FrameInProgress {
  readonly tokens: Int32Array;
  /** Probability the model gave each decided token; 0 while masked, 1 where it was given. */
  readonly confidence: Float32Array;
  readonly isMasked: Uint8Array;
  /** Tokens that were masked at the start. */
  readonly toDecide: number;
}

/** @param tokens what is given of the frame, with the mask where a token is to be decided */
export function startFrame(tokens: Int32Array, maskToken: number): FrameInProgress {
  const isMasked = Uint8Array.from(tokens, (token) => (token === maskToken ? 1 : 0));
  return {
    tokens: tokens.slice(),
    confidence: Float32Array.from(isMasked, (masked) => 1 - masked),
    isMasked,
    toDecide: isMasked.reduce((sum, masked) => sum + masked, 0),
  };
}

export function isDecided({ isMasked }: FrameInProgress): boolean {
  return !isMasked.includes(1);
}

/** Tokens that are still masked after `step` of `steps`: slow at first, when little is known (cosine schedule). */
export function maskedAfterStep(step: number, steps: number, tokenCount: number): number {
  if (step + 1 >= steps) return 0;
  return Math.floor(Math.cos((Math.PI / 2) * ((step + 1) / steps)) * tokenCount);
}

/**
 * One step: draws a token for each masked position and keeps the surest, at least one.
 *
 * @param logitsAt logits over the factors of the codebook at a position of the frame
 * @param factors their sizes
 */
export function decodeStep(
  frame: FrameInProgress,
  logitsAt: (position: number) => Float32Array,
  factors: readonly number[],
  step: number,
  steps: number,
  settings: TokenSettings,
  random: Random,
): void {
  const positions = [...frame.isMasked.keys()].filter((position) => frame.isMasked[position] === 1);
  const noise = settings.temperature === 0 ? 0 : CONFIDENCE_NOISE * (1 - (step + 1) / steps);
  const guesses = positions.map((position) => {
    const choice = chooseCode(logitsAt(position), factors, settings, random);
    return { position, ...choice, score: Math.log(choice.probability) + noise * gumbel(random) };
  });
  guesses.sort((a, b) => b.score - a.score || a.position - b.position);
  const stillMasked = Math.min(maskedAfterStep(step, steps, frame.toDecide), guesses.length - 1);
  for (const { position, token, probability } of guesses.slice(0, guesses.length - stillMasked)) {
    frame.tokens[position] = token;
    frame.confidence[position] = probability;
    frame.isMasked[position] = 0;
  }
}

function gumbel(random: Random): number {
  return -Math.log(-Math.log(random() || Number.MIN_VALUE));
}
