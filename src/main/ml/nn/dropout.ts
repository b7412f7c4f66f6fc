/**
 * Dropout whose masks come from a hash inside the graph, of a seed that is fed with each batch: the same seed gives the
 * same masks on every device and after every resume.
 */
import type { Graph, Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';

/** Hands out dropout layers that share one seed and differ by site. */
export class Dropout {
  readonly rate: number;
  readonly #seed: Value | undefined;
  #site = 0;

  /** `seed` is an int32 scalar of the graph; without one, or with rate 0, nothing is dropped. */
  constructor(rate: number, seed?: Value) {
    this.rate = seed === undefined ? 0 : rate;
    this.#seed = seed;
  }

  /** Zeros elements of `x` with probability `rate` and scales the others by 1/(1−rate). */
  apply(x: Value): Value {
    if (this.rate === 0 || this.#seed === undefined) return x;
    return op.mul(x, this.#mask(x.graph, x.shape, this.#seed));
  }

  /**
   * A random odd number for each row times one for each column, modulo 2³²: any two elements are independent, and the
   * full-size part of the work is a single product. Only operators that both devices have for int32 are used.
   */
  #mask(graph: Graph, shape: readonly number[], seed: Value): Value {
    const columns = shape.at(-1)!;
    const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
    const site = this.#site++;
    return graph.scope(`dropout.${site}`, () => {
      const row = randomOdds(graph, rows, op.add(seed, 2 * site * 0x9e37));
      const column = randomOdds(graph, columns, op.add(seed, (2 * site + 1) * 0x9e37));
      const bits = op.mul(op.reshape(row, [...shape.slice(0, -1), 1]), column);
      // As signed numbers, products are uniform over −2³¹ … 2³¹; those under the threshold are kept.
      const threshold = Math.round((1 - this.rate) * 2 ** 32 - 2 ** 31);
      const kept = op.cast(op.less(bits, threshold), 'float32');
      return op.mul(kept, 1 / (1 - this.rate));
    });
  }
}

/** `count` odd int32 numbers from a counter and `seed`, mixed by three rounds of multiply and add-shifted. */
function randomOdds(graph: Graph, count: number, seed: Value): Value {
  let x = op.add(op.mul(op.iota(graph, count, 'int32'), 0x9e3779b9 | 0), op.mul(seed, 0x85ebca6b | 0));
  for (const factor of [0x7feb352d, 0x846ca68b | 0, 0x68e31da4 | 1]) {
    x = op.mul(op.add(x, op.div(x, 0x8000)), factor);
  }
  return op.add(op.mul(x, 2), 1);
}
