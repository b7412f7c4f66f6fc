/**
 * Keys and values of all tokens that are decided, block by block. The memory grows with them, so that nothing is computed for
 * places far ahead: a latent frame at a time, or, token by token, in stretches that a mask opens bit by bit.
 */
import { maskedScore } from '../nn/attention.ts';
import { keyName, nextName, valueName } from './inference.ts';
import type { GptShape } from './shape.ts';

/** Places that are added at least when there is no room left: copying what is there for each token would cost more. */
const GROWTH = 64;

export class KvCache {
  readonly #batch: number;
  readonly #heads: number;
  readonly #headWidth: number;
  readonly #capacity: number;
  /** By name of the continuation graph's input: `k.<block>`, `v.<block>`. */
  readonly #tensors: Map<string, Float32Array>;
  #mask = new Float32Array(0);
  #length = 0;

  /** @param capacity the most tokens it is to hold */
  constructor({ heads, width, depth }: GptShape, batch: number, capacity: number) {
    this.#batch = batch;
    this.#heads = heads;
    this.#headWidth = width / heads;
    this.#capacity = capacity;
    const names = Array.from({ length: depth }, (_, block) => [keyName(block), valueName(block)]).flat();
    this.#tensors = new Map(names.map((name) => [name, new Float32Array(0)]));
  }

  /** Tokens held. */
  get length(): number {
    return this.#length;
  }

  /** Places that there are now, filled or not: [batch, heads, places, headWidth]. */
  get places(): number {
    return this.#mask.length;
  }

  /** What the continuation graph reads: `k.<block>`, `v.<block>` and `mask`. */
  get feeds(): Readonly<Record<string, Float32Array>> {
    return { ...Object.fromEntries(this.#tensors), mask: this.#mask };
  }

  /** Takes over the outputs of a prefix graph. */
  readPrefix(outputs: Readonly<Record<string, unknown>>): void {
    this.#append((name) => outputs[name] as Float32Array);
  }

  /** Takes over the new tokens of a continuation graph: they are decided. */
  commit(outputs: Readonly<Record<string, unknown>>): void {
    this.#append((name) => outputs[nextName(name)] as Float32Array);
  }

  #append(fresh: (name: string) => Float32Array): void {
    const [anyName] = this.#tensors.keys();
    const rows = this.#batch * this.#heads;
    const count = fresh(anyName!).length / rows / this.#headWidth;
    const length = this.#length + count;
    if (length > this.#capacity) throw new Error(`KV cache: no room for ${count} more tokens`);
    if (length > this.places)
      this.#grow(this.#length === 0 ? length : Math.max(length, this.places + GROWTH));
    for (const [name, to] of this.#tensors) {
      const from = fresh(name);
      const piece = count * this.#headWidth;
      for (let row = 0; row < rows; row++) {
        const at = (row * this.places + this.#length) * this.#headWidth;
        to.set(from.subarray(row * piece, (row + 1) * piece), at);
      }
    }
    this.#mask.fill(0, this.#length, length);
    this.#length = length;
  }

  #grow(wanted: number): void {
    const places = Math.min(this.#capacity, wanted);
    const [before, after] = [this.places * this.#headWidth, places * this.#headWidth];
    for (const [name, from] of this.#tensors) {
      const to = new Float32Array(this.#batch * this.#heads * after);
      for (let row = 0; row < this.#batch * this.#heads; row++)
        to.set(from.subarray(row * before, (row + 1) * before), row * after);
      this.#tensors.set(name, to);
    }
    const mask = new Float32Array(places).fill(maskedScore);
    mask.set(this.#mask);
    this.#mask = mask;
  }
}
