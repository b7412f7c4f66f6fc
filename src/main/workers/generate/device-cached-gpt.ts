/**
 * A GPT that reads a prefix once and then a few tokens at a time, on a device whose memory keeps the KV cache: only tokens go
 * there, and only logits come back.
 */
import { cacheNames, cacheOutput, newCacheGraph, nextCacheGraph } from '#main/ml/gpt/cache-graphs.ts';
import {
  continuationGraph,
  continuedBy,
  nextName,
  prefixGraph,
  prefixLength,
} from '#main/ml/gpt/inference.ts';
import type { GptShape } from '#main/ml/gpt/shape.ts';
import { maskedScore } from '#main/ml/nn/attention.ts';
import type { Weights } from '#main/ml/nn/parameters.ts';
import { encodeModel } from '#main/ml/onnx/encode.ts';
import type { Graph } from '#main/ml/onnx/graph.ts';
import { type Compute, loweringFor, type RuntimeTensor, Session } from '../runtime/session.ts';
import { cacheCapacity, type CachedGptOptions, type Decoder, type Given, type Reading } from './decoder.ts';

type Tensors = Record<string, RuntimeTensor>;

interface Sessions {
  readonly prefix: Session;
  readonly newCache: Session;
  readonly continuation: Session;
  readonly nextCache: Session;
}

export class DeviceCachedGpt implements Decoder {
  readonly #sessions: Sessions;
  readonly #names: readonly string[];
  readonly #prefixLength: number;
  /** [1, capacity]: opens the places of the cache that hold a token. */
  readonly #mask: Float32Array;
  #length = 0;
  #cache: Tensors = {};
  /** Keys and values of the tokens that were read last. */
  #fresh: Tensors = {};

  private constructor(sessions: Sessions, names: readonly string[], prefix: number, capacity: number) {
    this.#sessions = sessions;
    this.#names = names;
    this.#prefixLength = prefix;
    this.#mask = new Float32Array(capacity);
  }

  static async create(
    weights: Weights,
    shape: GptShape,
    options: CachedGptOptions,
    compute: Compute,
  ): Promise<DeviceCachedGpt> {
    const { task, batch, prompts = batch, queries } = options;
    const lowering = loweringFor(compute.device);
    const capacity = cacheCapacity(shape, options);
    const prefix = prefixLength(task, shape);
    const names = cacheNames(shape);
    const kind = continuedBy(task);
    const given = { task, batch: prompts, repeat: batch / prompts, lowering };
    const cache = { batch, capacity, lowering };
    const open = (graph: Graph, keepOnDevice: readonly string[]) =>
      Session.create(encodeModel(graph), { ...compute, keepOnDevice });
    const sessions = {
      prefix: await open(prefixGraph(weights, shape, given), names),
      newCache: await open(newCacheGraph(shape, { ...cache, count: prefix }), names.map(cacheOutput)),
      continuation: await open(
        continuationGraph(weights, shape, { kind, batch, queries, capacity, lowering }),
        names.map(nextName),
      ),
      nextCache: await open(nextCacheGraph(shape, { ...cache, count: queries }), names.map(cacheOutput)),
    };
    return new DeviceCachedGpt(sessions, names, prefix, capacity);
  }

  async start(prefix: Int32Array, given: Given = {}): Promise<Float32Array | undefined> {
    this.#forget();
    const { model } = this.#sessions.prefix;
    const name = model.inputs.has('text') ? 'text' : 'tokens';
    const outputs = await this.#sessions.prefix.runTensors(
      this.#sessions.prefix.tensors({ [name]: prefix, ...given }),
    );
    const { logits, ...read } = outputs;
    this.#cache = this.#cacheOf(await this.#sessions.newCache.runTensors(read));
    disposeAll(read);
    this.#length = this.#prefixLength;
    this.#mask.fill(maskedScore).fill(0, 0, this.#length);
    return logits?.data as Float32Array | undefined;
  }

  async read(tokens: Int32Array, places: Int32Array): Promise<Reading> {
    const { continuation } = this.#sessions;
    const fed = continuation.tensors({ tokens, places, mask: this.#mask });
    const { logits, ...fresh } = await continuation.runTensors({ ...fed, ...this.#cache });
    disposeAll(this.#fresh);
    this.#fresh = fresh;
    return { logits: logits!.data as Float32Array, commit: () => this.#commit(fresh, places.length) };
  }

  async dispose(): Promise<void> {
    // Tensors on a device must go before the sessions that made them.
    this.#forget();
    for (const session of Object.values(this.#sessions) as Session[]) await session.dispose();
  }

  async #commit(fresh: Tensors, count: number): Promise<void> {
    if (fresh !== this.#fresh) throw new Error('KV cache: only what was read last can be committed');
    if (this.#length + count > this.#mask.length)
      throw new Error(`KV cache: no room for ${count} more tokens`);
    const { nextCache } = this.#sessions;
    const at = Int32Array.from({ length: count }, (_, i) => this.#length + i);
    const next = await nextCache.runTensors({ ...this.#cache, ...fresh, ...nextCache.tensors({ at }) });
    this.#forget();
    this.#cache = this.#cacheOf(next);
    this.#mask.fill(0, this.#length, this.#length + count);
    this.#length += count;
  }

  #cacheOf(outputs: Tensors): Tensors {
    return Object.fromEntries(this.#names.map((name) => [name, outputs[cacheOutput(name)]!]));
  }

  #forget(): void {
    disposeAll(this.#cache);
    disposeAll(this.#fresh);
    this.#cache = {};
    this.#fresh = {};
  }
}

function disposeAll(tensors: Tensors): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}
