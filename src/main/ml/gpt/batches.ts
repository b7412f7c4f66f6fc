/** From tokens and text of clips to the feeds of the GPT's graphs: dropout of captions, conditions, random masks and their weights. */
import type { Random } from '#shared/domain/random.ts';
import { specialToken } from '../text/vocabulary.ts';
import { tasks } from './parameters.ts';
import type { GptShape } from './shape.ts';

/** A clip as the GPT sees it. */
export interface GptExample {
  /** Tokens of the window in raster order, `tokens_THW`, each below `codes`. */
  readonly tokens: ArrayLike<number>;
  /** From `BytePairEncoding.encodePrompt`, `textLength` long. */
  readonly text: ArrayLike<number>;
  /** What the text encoder makes of the caption, for models with `textFeatures`. */
  readonly feature?: Float32Array;
  /** For `conditionedFeeds`. */
  readonly arrival?: Arrival;
}

/** At which picture a clip arrives. */
export interface Arrival {
  /** Tokens of the last picture, coded alone as a still image. */
  readonly lastPicture: ArrayLike<number>;
  /** Whether that is about the first picture again, see `closesLoop`. */
  readonly closesLoop: boolean;
}

export interface BatchOptions {
  /** Clips a micro-batch; when there are fewer examples, the rest is filled with rows that count for nothing. */
  batch: number;
  /** Source of masks, of caption dropout and of the seed of dropout: the same state gives the same batch. */
  random: Random;
  /** As in the task; 0 for evaluation. */
  dropout?: number;
}

export interface PromptOptions extends BatchOptions {
  /** Share of clips whose caption is left out, words and feature. */
  captionDropout?: number;
  /** Share of clips whose words alone are left out, where there is a feature. */
  wordsDropout?: number;
}

export interface ConditionedOptions extends PromptOptions {
  /** Share of the clips that close their loop which learn `loop`; all others learn `inbetween`. */
  loopShare: number;
}

/** By name of the graph's input. */
export type GptFeeds = Record<string, Int32Array | Float32Array>;

/** A micro-batch for the task `generate`. */
export function generateFeeds(
  examples: readonly GptExample[],
  shape: GptShape,
  { captionDropout = 0, wordsDropout = 0, ...options }: PromptOptions,
): GptFeeds {
  const { random } = options;
  const feeds = { ...clipFeeds(examples, shape, options), ...featureFeeds(examples, shape, options) };
  examples.forEach((_, row) => {
    const feature = feeds.feature?.subarray(row * shape.textFeatures, (row + 1) * shape.textFeatures);
    if (random.uniform() < captionDropout) {
      dropWords(feeds.text, row, shape);
      feature?.fill(0);
    } else if (feature?.some((value) => value !== 0) && random.uniform() < wordsDropout) {
      dropWords(feeds.text, row, shape);
    }
  });
  return shape.order === 'raster' ? feeds : { ...feeds, ...maskTokens(feeds.tokens, shape, random) };
}

/** A micro-batch for the tasks `inbetween` and `loop`; each clip needs its `arrival`. */
export function conditionedFeeds(
  examples: readonly GptExample[],
  shape: GptShape,
  { loopShare, ...options }: ConditionedOptions,
): GptFeeds {
  const { frameTokens } = shape;
  const task = new Int32Array(options.batch);
  const condition = new Int32Array(options.batch * frameTokens);
  examples.forEach(({ tokens, arrival }, row) => {
    if (!arrival) throw new Error('GPT: a clip lacks the picture at which it arrives');
    const isLoop = arrival.closesLoop && options.random.uniform() < loopShare;
    // The first frame of a clip is coded alone: its tokens are those of the first picture as a still image.
    const picture = isLoop ? Array.from({ length: frameTokens }, (_, i) => tokens[i]!) : arrival.lastPicture;
    if (picture.length !== frameTokens)
      throw new Error(`GPT: a picture has ${picture.length} tokens where ${frameTokens} belong`);
    task[row] = isLoop ? tasks.loop : tasks.inbetween;
    condition.set(picture, row * frameTokens);
  });
  return { ...generateFeeds(examples, shape, options), task, condition };
}

/** A micro-batch for the task `caption`. A clip without a caption counts for nothing there. */
export function captionFeeds(
  examples: readonly GptExample[],
  shape: GptShape,
  options: BatchOptions,
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

function featureFeeds(
  examples: readonly GptExample[],
  { textFeatures }: GptShape,
  { batch }: BatchOptions,
): { feature?: Float32Array } {
  if (textFeatures === 0) return {};
  const feature = new Float32Array(batch * textFeatures);
  examples.forEach(({ feature: own }, row) => {
    if (own?.length !== textFeatures)
      throw new Error(`GPT: a sentence feature has ${own?.length ?? 'no'} numbers, not ${textFeatures}`);
    feature.set(own, row * textFeatures);
  });
  return { feature };
}

function dropWords(text: Int32Array, row: number, { textLength }: GptShape): void {
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
