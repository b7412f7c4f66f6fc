/** The decoder of devices that compute in the machine's memory: its KV cache is written in place. */
import { encodeModel } from '#main/ml/onnx/encode.ts';
import type { Weights } from '#main/ml/nn/parameters.ts';
import { continuationGraph, continuedBy, prefixGraph } from '#main/ml/gpt/inference.ts';
import { KvCache } from '#main/ml/gpt/kv-cache.ts';
import type { GptShape } from '#main/ml/gpt/shape.ts';
import { type Compute, loweringFor, Session } from '../runtime/session.ts';
import { cacheCapacity, type CachedGptOptions, type Decoder, type Given, type Reading } from './decoder.ts';

export class CachedGpt implements Decoder {
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
    options: CachedGptOptions,
    compute: Compute,
  ): Promise<CachedGpt> {
    const { task, batch, prompts = batch, queries } = options;
    const lowering = loweringFor(compute.device);
    const capacity = cacheCapacity(shape, options);
    const given = { task, batch: prompts, repeat: batch / prompts, lowering };
    const prefix = prefixGraph(weights, shape, given);
    const kind = continuedBy(task);
    const continuation = continuationGraph(weights, shape, { kind, batch, queries, capacity, lowering });
    return new CachedGpt(
      await Session.create(encodeModel(prefix), compute),
      await Session.create(encodeModel(continuation), compute),
      () => new KvCache(shape, batch, capacity),
    );
  }

  async start(prefix: Int32Array, given: Given = {}): Promise<Float32Array | undefined> {
    this.#cache = this.#newCache();
    const name = this.#prefix.model.inputs.has('text') ? 'text' : 'tokens';
    const outputs = await this.#prefix.run({ [name]: prefix, ...given });
    this.#cache.readPrefix(outputs);
    return outputs['logits'] as Float32Array | undefined;
  }

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
