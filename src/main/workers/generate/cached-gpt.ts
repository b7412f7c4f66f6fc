/** A GPT that reads a prefix once and then a few tokens at a time, over sessions of ONNX Runtime and a KV cache. */
import { encodeModel } from '#main/ml/onnx/encode.ts';
import type { Weights } from '#main/ml/nn/parameters.ts';
import { continuationGraph, prefixGraph, prefixLength } from '#main/ml/gpt/inference.ts';
import { KvCache } from '#main/ml/gpt/kv-cache.ts';
import type { GptTask } from '#main/ml/gpt/parameters.ts';
import type { GptShape } from '#main/ml/gpt/shape.ts';
import { type Compute, loweringFor, Session } from '../runtime/session.ts';

export interface CachedGptOptions {
  /** `generate` continues with video, `caption` with text. */
  task: GptTask;
  /** Rows that are decoded side by side. */
  batch: number;
  /** Tokens read at a time after the prefix. */
  queries: number;
}

/** What the model says of the tokens it read last. */
export interface Reading {
  /** [batch, queries, classes] */
  readonly logits: Float32Array;
  /** Makes the tokens part of what later ones see. */
  readonly commit: () => void;
}

export class CachedGpt {
  readonly #prefix: Session;
  readonly #continuation: Session;
  readonly #newCache: () => KvCache;
  #cache: KvCache;

  private constructor(prefix: Session, continuation: Session, newCache: () => KvCache) {
    this.#prefix = prefix;
    this.#continuation = continuation;
    this.#newCache = newCache;
    this.#cache = newCache();
  }

  static async create(
    weights: Weights,
    shape: GptShape,
    { task, batch, queries }: CachedGptOptions,
    compute: Compute,
  ): Promise<CachedGpt> {
    const lowering = loweringFor(compute.device);
    const continued = task === 'generate' ? shape.videoTokens : shape.textLength;
    // What is read last needs no place: nothing looks back at it.
    const capacity = prefixLength(task, shape) + continued - queries;
    const prefix = prefixGraph(weights, shape, { task, batch, lowering });
    const kind = task === 'generate' ? 'video' : 'text';
    const continuation = continuationGraph(weights, shape, { kind, batch, queries, capacity, lowering });
    return new CachedGpt(
      await Session.create(encodeModel(prefix), compute),
      await Session.create(encodeModel(continuation), compute),
      () => new KvCache(shape, batch, capacity),
    );
  }

  /**
   * Starts anew with `text` (generate) or `tokens` (caption) for each row. In `raster` order returns the logits of the
   * first video token, [batch, codes].
   */
  async start(prefix: Int32Array): Promise<Float32Array | undefined> {
    this.#cache = this.#newCache();
    const name = this.#prefix.model.inputs.has('text') ? 'text' : 'tokens';
    const outputs = await this.#prefix.run({ [name]: prefix });
    this.#cache.readPrefix(outputs);
    return outputs['logits'] as Float32Array | undefined;
  }

  /**
   * @param tokens [batch, queries]
   * @param places of the tokens in the window or the text, the same for all rows
   */
  async read(tokens: Int32Array, places: Int32Array): Promise<Reading> {
    const cache = this.#cache;
    const outputs = await this.#continuation.run({ tokens, places, ...cache.feeds });
    return { logits: outputs['logits'] as Float32Array, commit: () => cache.commit(outputs) };
  }

  async dispose(): Promise<void> {
    await this.#prefix.dispose();
    await this.#continuation.dispose();
  }
}
