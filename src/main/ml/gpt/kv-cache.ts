/** Keys and values of all tokens that are decided, block by block, in memory of fixed size that a mask opens bit by bit. */
import { maskedScore } from '../nn/attention.ts';
import { keyName, nextName, valueName } from './inference.ts';
import type { GptShape } from './shape.ts';

export class KvCache {
  /** By name of the continuation graph's input: `k.<block>`, `v.<block>`, `mask`. */
  readonly feeds: Readonly<Record<string, Float32Array>>;
  readonly #capacity: number;
  readonly #headWidth: number;
  readonly #names: readonly string[];
  #length = 0;

  constructor(shape: GptShape, batch: number, capacity: number) {
    this.#capacity = capacity;
    this.#headWidth = shape.width / shape.heads;
    this.#names = Array.from({ length: shape.depth }, (_, block) => [
      keyName(block),
      valueName(block),
    ]).flat();
    const size = batch * shape.heads * capacity * this.#headWidth;
    this.feeds = {
      ...Object.fromEntries(this.#names.map((name) => [name, new Float32Array(size)])),
      mask: new Float32Array(capacity).fill(maskedScore),
    };
  }

  /** Tokens held. */
  get length(): number {
    return this.#length;
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
    let count = 0;
    for (const name of this.#names) {
      const [from, to] = [fresh(name), this.feeds[name]!];
      const stride = this.#capacity * this.#headWidth;
      const rows = to.length / stride;
      const piece = from.length / rows;
      count = piece / this.#headWidth;
      if (this.#length + count > this.#capacity)
        throw new Error(`KV cache: no room for ${count} more tokens`);
      for (let row = 0; row < rows; row++) {
        to.set(from.subarray(row * piece, (row + 1) * piece), row * stride + this.#length * this.#headWidth);
      }
    }
    this.feeds['mask']!.fill(0, this.#length, this.#length + count);
    this.#length += count;
  }
}
