/** Layers as functions of values. Weights of linear maps are [in, out]; the last axis of activations is the width. */
import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import { multiply, splitColumns, type LinearWeight } from './linear-weight.ts';

/** x·weight + bias over the last axis. */
export function linear(x: Value, weight: Value, bias?: Value): Value {
  const product = op.matmul(x, weight);
  return bias === undefined ? product : op.add(product, bias);
}

/** Root-mean-square normalisation over the last axis (Zhang and Sennrich 2019); `gain` [D], all 1 when left out. */
export function rmsNorm(x: Value, gain = ones(x), epsilon?: number): Value {
  return op.rmsNormalization(x, gain, epsilon);
}

/** Layer normalisation over the last axis (Ba et al. 2016). */
export function layerNorm(x: Value, gain: Value, bias: Value, epsilon?: number): Value {
  return op.layerNormalization(x, gain, bias, epsilon);
}

/** Gated feed-forward (Shazeer 2020): (silu(x·gate) ∘ x·up)·down, with gate and up side by side in one matrix [D, 2F]. */
export function swiglu(x: Value, gateUp: LinearWeight, down: LinearWeight): Value {
  const hidden = gateUp.shape[1]! / 2;
  const [gate, up] = linears(x, gateUp, [hidden, hidden]) as [Value, Value];
  return multiply(op.mul(op.silu(gate), up), down);
}

/**
 * Linear maps of one input whose weights lie side by side in one matrix. The matrix is cut rather than the result: it is
 * several times smaller than the activations of a batch.
 */
export function linears(x: Value, weight: LinearWeight, widths: readonly number[]): Value[] {
  return splitColumns(weight, widths).map((part) => multiply(x, part));
}

/** Vectors of a table [rows, D] for integer ids of any shape → [ids…, D]. */
export function embedding(table: Value, ids: Value): Value {
  return op.gather(table, ids);
}

const ones = (x: Value) => op.fill(x.graph, x.shape.slice(-1), 1);
