/**
 * The weight of a linear map [in, out]: a matrix W, or W + s·A·B with a product of low rank beside it (see `lora.ts`). The sum is
 * never formed: x·W + s·(x·A)·B costs less, since the gradient of W, as large a product as W's own, is then not needed.
 */
import type { Shape } from '../onnx/dtype.ts';
import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';

export type LinearWeight = Value | LowRankSum;

interface Factors {
  /** W [in, out] */
  readonly base: Value;
  /** A [in, r] */
  readonly a: Value;
  /** B [r, out] */
  readonly b: Value;
  /** s */
  readonly scale: number;
}

export class LowRankSum {
  readonly #factors: Factors;
  /** x·A by x: the parts of a weight that was split share it. */
  readonly #narrowed: Map<Value, Value>;

  constructor(factors: Factors, narrowed = new Map<Value, Value>()) {
    this.#factors = factors;
    this.#narrowed = narrowed;
  }

  get shape(): Shape {
    return this.#factors.base.shape;
  }

  multiply(x: Value): Value {
    const { base, a, b, scale } = this.#factors;
    const narrow = this.#narrowed.get(x) ?? op.matmul(x, a);
    this.#narrowed.set(x, narrow);
    return op.add(op.matmul(x, base), op.matmul(narrow, b, { alpha: scale }));
  }

  splitColumns(widths: readonly number[]): LowRankSum[] {
    const bases = op.split(this.#factors.base, 1, widths);
    const bs = op.split(this.#factors.b, 1, widths);
    return widths.map(
      (_, i) => new LowRankSum({ ...this.#factors, base: bases[i]!, b: bs[i]! }, this.#narrowed),
    );
  }
}

/** x [.., in] → [.., out] */
export function multiply(x: Value, weight: LinearWeight): Value {
  return weight instanceof LowRankSum ? weight.multiply(x) : op.matmul(x, weight);
}

/** Weights [in, width] whose outputs lie side by side in the weight's. */
export function splitColumns(weight: LinearWeight, widths: readonly number[]): readonly LinearWeight[] {
  return weight instanceof LowRankSum ? weight.splitColumns(widths) : op.split(weight, 1, widths);
}
