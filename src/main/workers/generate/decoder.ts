/** A GPT that reads a prefix once and then a few tokens at a time, each against the keys and values of everything before it. */
import { continuedBy, prefixLength } from '#main/ml/gpt/inference.ts';
import type { GptTask } from '#main/ml/gpt/parameters.ts';
import type { GptShape } from '#main/ml/gpt/shape.ts';

export interface CachedGptOptions {
  /** `caption` continues with text, the others with video. */
  task: GptTask;
  /** Rows that are decoded side by side. */
  batch: number;
  /** Rows of the prefix, each of which serves equally many rows that are next to each other: takes of one prompt. */
  prompts?: number;
  /** Tokens read at a time after the prefix. */
  queries: number;
}

/** What a prefix holds beside text. */
export interface Given {
  /** Sentence features [batch, textFeatures], for models that read them. */
  readonly feature?: Float32Array;
  /** Tokens [batch, frameTokens] of the picture at which the clip arrives, coded alone: for `inbetween` and `loop`. */
  readonly condition?: Int32Array;
}

/** What the model says of the tokens it read last. */
export interface Reading {
  /** [batch, queries, classes] */
  readonly logits: Float32Array;
  /** Makes the tokens part of what later ones see; to be called before anything else is read, or not at all. */
  readonly commit: () => void | Promise<void>;
}

export interface Decoder {
  /**
   * Starts anew with `text` or, to caption, `tokens` for each row of the prefix, and what else the task and the model read. In
   * `raster` order returns the logits of the first video token, [batch, videoLogits].
   */
  start(prefix: Int32Array, given?: Given): Promise<Float32Array | undefined>;
  /**
   * @param tokens [batch, queries]
   * @param places of the tokens in the window or the text, the same for all rows
   */
  read(tokens: Int32Array, places: Int32Array): Promise<Reading>;
  dispose(): Promise<void>;
}

/** Places that a KV cache needs. What is read last needs none: nothing looks back at it. */
export function cacheCapacity(shape: GptShape, { task, queries }: CachedGptOptions): number {
  const continued = continuedBy(task) === 'video' ? shape.videoTokens : shape.textLength;
  return prefixLength(task, shape) + continued - queries;
}
