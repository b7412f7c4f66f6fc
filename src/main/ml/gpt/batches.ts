/** From tokens and text of clips to the feeds of the GPT's graphs: caption dropout, random masks and their weights. */
import type { Random } from '#shared/domain/random.ts';
import { specialToken } from '../text/vocabulary.ts';
import type { GptShape } from './shape.ts';

/** A clip as the GPT sees it. */
export interface GptExample {
  /** Tokens of the window in raster order, `tokens_THW`, each below `codes`. */
  readonly tokens: ArrayLike<number>;
  /** From `BytePairEncoding.encodePrompt`, `textLength` long. */
  readonly text: ArrayLike<number>;
}

export interface BatchOptions {
  /** Clips a micro-batch; when there are fewer examples, the rest is filled with rows that count for nothing. */
  batch: number;
  /** Source of masks, of caption dropout and of the seed of dropout: the same state gives the same batch. */
  random: Random;
  /** As in the task; 0 for evaluation. */
  dropout?: number;
  /** Share of clips whose text is replaced by `empty`. */
  captionDropout?: number;
}

/** By name of the graph's input. */
export type GptFeeds = Record<string, Int32Array | Float32Array>;

/** A micro-batch for the task `generate`. */
export function generateFeeds(
  examples: readonly GptExample[],
  shape: GptShape,
  { captionDropout = 0, ...options }: BatchOptions,
): GptFeeds {
  const { random } = options;
  const feeds = clipFeeds(examples, shape, options);
  examples.forEach((_, row) => {
    if (random.uniform() < captionDropout) dropCaption(feeds.text, row, shape);
  });
  return shape.order === 'raster' ? feeds : { ...feeds, ...maskTokens(feeds.tokens, shape, random) };
}

/** A micro-batch for the task `caption`. A clip without a caption counts for nothing there. */
export function captionFeeds(
  examples: readonly GptExample[],
  shape: GptShape,
  options: Omit<BatchOptions, 'captionDropout'>,
): GptFeeds {
  return clipFeeds(examples, shape, options);
}

function clipFeeds(
  examples: readonly GptExample[],
  { textLength, videoTokens }: GptShape,
  { batch, random, dropout = 0 }: BatchOptions,
) {
  if (examples.length > batch) throw new Error(`GPT: ${examples.length} clips for a batch of ${batch}`);
  const rows = (parts: readonly ArrayLike<number>[], length: number): Int32Array => {
    const all = new Int32Array(batch * length);
    parts.forEach((part, row) => {
      if (part.length !== length)
        throw new Error(`GPT: a clip has ${part.length} tokens where ${length} belong`);
      all.set(part, row * length);
    });
    return all;
  };
  return {
    text: rows(
      examples.map(({ text }) => text),
      textLength,
    ),
    tokens: rows(
      examples.map(({ tokens }) => tokens),
      videoTokens,
    ),
    present: new Float32Array(batch).fill(1, 0, examples.length),
    ...(dropout > 0 ? { seed: Int32Array.of(random.uint32()) } : {}),
  };
}

function dropCaption(text: Int32Array, row: number, { textLength }: GptShape): void {
  text.fill(specialToken.pad, row * textLength, (row + 1) * textLength);
  text[row * textLength] = specialToken.empty;
}

/**
 * Masks a random number of tokens in each latent frame, uniform on 1 … frameTokens. The frames of a clip share one draw
 * and divide the range among them, which leaves each number uniform and makes the loss of a clip vary less.
 */
function maskTokens(tokens: Int32Array, shape: GptShape, random: Random) {
  const { frameTokens, codes, grid } = shape;
  const masked = tokens.slice();
  const weights = new Float32Array(tokens.length);
  const positions = Array.from({ length: frameTokens }, (_, i) => i);
  for (let clip = 0; clip < tokens.length; clip += shape.videoTokens) {
    const draw = random.uniform();
    const parts = random.shuffle(Array.from({ length: grid.T }, (_, t) => t));
    parts.forEach((part, t) => {
      const count = 1 + Math.floor((frameTokens * (part + draw)) / grid.T);
      for (const position of random.shuffle(positions).slice(0, count)) {
        const at = clip + t * frameTokens + position;
        masked[at] = codes;
        weights[at] = frameTokens / count;
      }
    });
  }
  return { masked, weights };
}
