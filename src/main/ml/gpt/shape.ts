/** All sizes of a GPT, worked out once from the settings of a run. */
import { codebookSize } from '../tokenizer/fsq.ts';
import { codeFactors } from './code-factors.ts';
import type { GptConfig, TokenizerConfig, WindowConfig } from '#shared/domain/training-config.ts';

/** Tokens of a window along time, height and width. */
export interface TokenGrid {
  readonly T: number;
  readonly H: number;
  readonly W: number;
}

export interface GptShape {
  readonly order: GptConfig['order'];
  readonly width: number;
  readonly heads: number;
  readonly depth: number;
  /** Inner width of the feed-forward part: 8/3 of `width`, rounded up to a multiple of 32 (Shazeer 2020). */
  readonly innerWidth: number;
  readonly textLength: number;
  /** Tokens of the text encoding that was learned, which may be fewer than the settings allow. */
  readonly textVocabulary: number;
  /** Size of the frozen sentence feature that is read before the text; 0 where none is. */
  readonly textFeatures: number;
  /** Size of the video codebook; the token `codes` is the mask. */
  readonly codes: number;
  /** In which a token is predicted, see `code-factors.ts`; their product is `codes`. */
  readonly codeFactors: readonly number[];
  /** Logits of a video token: the sum of its factors. */
  readonly videoLogits: number;
  readonly grid: TokenGrid;
  /** Tokens of a latent frame, and of the whole window. */
  readonly frameTokens: number;
  readonly videoTokens: number;
}

/** @param textVocabulary of the `BytePairEncoding` that goes with the model */
export function gptShape(
  model: GptConfig,
  tokenizer: Pick<TokenizerConfig, 'strideT' | 'strideS' | 'levels'>,
  window: WindowConfig,
  textVocabulary: number,
): GptShape {
  if (model.width % (2 * model.heads) !== 0) {
    throw new Error(`GPT: width ${model.width} does not divide into ${model.heads} heads of an even width`);
  }
  const grid: TokenGrid = {
    T: 1 + (window.frames - 1) / tokenizer.strideT,
    H: window.size / tokenizer.strideS,
    W: window.size / tokenizer.strideS,
  };
  const frameTokens = grid.H * grid.W;
  const factors = codeFactors(tokenizer.levels);
  return {
    order: model.order,
    width: model.width,
    heads: model.heads,
    depth: model.depth,
    innerWidth: Math.ceil((model.width * 8) / 3 / 32) * 32,
    textLength: model.textLength,
    textVocabulary,
    textFeatures: model.textFeatures,
    codes: codebookSize(tokenizer.levels),
    codeFactors: factors,
    videoLogits: factors.reduce((sum, size) => sum + size, 0),
    grid,
    frameTokens,
    videoTokens: grid.T * frameTokens,
  };
}
