/** All sizes of a video tokenizer, worked out once from the settings of a run. */
import type { TokenizerConfig, WindowConfig } from '#shared/domain/training-config.ts';

export interface TokenizerShape {
  readonly width: number;
  readonly heads: number;
  readonly depth: number;
  /** Inner width of the feed-forward part: 8/3 of `width`, rounded up to a multiple of 32 (Shazeer 2020). */
  readonly innerWidth: number;
  readonly levels: readonly number[];
  /** Frames of a window and pixels along a side. */
  readonly frames: number;
  readonly size: number;
  readonly strideT: number;
  readonly strideS: number;
  /** Latent frames; the first stands for one frame, each later one for `strideT`. */
  readonly T: number;
  /** Tokens along a side of a latent frame: the grid is square. */
  readonly side: number;
  readonly frameTokens: number;
  readonly tokens: number;
  /** Values of a patch in the first latent frame, and in the later ones. */
  readonly firstPatch: number;
  readonly laterPatch: number;
}

export const CHANNELS = 3;

/** Throws when frames, size, width or heads do not divide as they must. */
export function tokenizerShape(model: TokenizerConfig, { frames, size }: WindowConfig): TokenizerShape {
  const { strideT, strideS, width, heads, depth, levels } = model;
  if ((frames - 1) % strideT !== 0)
    throw new Error(`Tokenizer: ${frames} frames are not 1 + a multiple of ${strideT}`);
  if (size % strideS !== 0) throw new Error(`Tokenizer: size ${size} is not a multiple of ${strideS}`);
  if (width % (2 * heads) !== 0) {
    throw new Error(`Tokenizer: width ${width} does not divide into ${heads} heads of an even width`);
  }
  const T = 1 + (frames - 1) / strideT;
  const side = size / strideS;
  const firstPatch = strideS * strideS * CHANNELS;
  return {
    width,
    heads,
    depth,
    innerWidth: Math.ceil((width * 8) / 3 / 32) * 32,
    levels,
    frames,
    size,
    strideT,
    strideS,
    T,
    side,
    frameTokens: side * side,
    tokens: T * side * side,
    firstPatch,
    laterPatch: firstPatch * strideT,
  };
}
