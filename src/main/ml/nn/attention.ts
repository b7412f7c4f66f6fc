/** Multi-head attention in parts: heads out of the width, scaled dot products under a mask, heads back into the width. */
import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';

/** Queries, keys and values, [B, H, S, K] each; positions are already in. */
export interface Heads {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
}

/** [B, T, H·K] → [B, H, T, K]. */
export function splitHeads(x_BTD: Value, heads: number): Value {
  const [batch, length, width] = x_BTD.shape as [number, number, number];
  const x_BTHK = op.reshape(x_BTD, [batch, length, heads, width / heads]);
  return op.transpose(x_BTHK, [0, 2, 1, 3]);
}

/** [B, H, T, K] → [B, T, H·K]. */
export function joinHeads(x_BHTK: Value): Value {
  const [batch, heads, length, size] = x_BHTK.shape as [number, number, number, number];
  return op.reshape(op.transpose(x_BHTK, [0, 2, 1, 3]), [batch, length, heads * size]);
}

/**
 * softmax(scale · q·kᵀ + mask)·v. `mask` is added to the scores and broadcasts to [B, H, T, S]: 0 where a query may look,
 * a large negative number where it may not.
 */
export function attend(
  q_BHTK: Value,
  k_BHSK: Value,
  v_BHSK: Value,
  { mask, scale = 1 / Math.sqrt(q_BHTK.shape.at(-1)!) }: { mask?: Value; scale?: number } = {},
): Value {
  const scores_BHTS = op.matmul(q_BHTK, k_BHSK, { transB: true, alpha: scale });
  const masked = mask === undefined ? scores_BHTS : op.add(scores_BHTS, mask);
  return op.matmul(op.softmax(masked), v_BHSK);
}

/** Where a query may not look. Finite, so that a row in which nothing is allowed does not become NaN. */
export const maskedScore = -1e9;

/** The additive mask [T, S] of a rule that says which query may look at which key. */
export function maskFrom(
  graph: Value['graph'],
  queries: number,
  keys: number,
  mayLook: (query: number, key: number) => boolean,
): Value {
  const mask_TS = new Float32Array(queries * keys);
  for (let query = 0; query < queries; query++)
    for (let key = 0; key < keys; key++) if (!mayLook(query, key)) mask_TS[query * keys + key] = maskedScore;
  return graph.constant('float32', [queries, keys], mask_TS);
}
