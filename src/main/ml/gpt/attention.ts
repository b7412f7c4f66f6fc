/** Attention of the tokens that sampling adds to what is already decided. */
import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import type { Heads } from '../nn/attention.ts';

/**
 * New tokens over what is already decided, under a mask [1, past], whose length may be open, and over all of each other: one
 * softmax over two products, so that the keys and values of the past need not be copied.
 *
 * @returns [B, H, S, K]
 */
export function attendToPastAndSelf(fresh: Heads, past: Pick<Heads, 'k' | 'v'>, pastMask: Value): Value {
  const [count, size] = fresh.q.shape.slice(2) as [number, number];
  const alpha = size ** -0.5;
  const pastScores = op.add(op.matmul(fresh.q, past.k, { transB: true, alpha }), pastMask);
  const selfScores = op.matmul(fresh.q, fresh.k, { transB: true, alpha });
  // What is new comes first, so that slices hold for a past of any length.
  const shares = op.softmax(op.concat([selfScores, pastScores], -1));
  const [selfShares, pastShares] = [op.slice(shares, -1, 0, count), op.slice(shares, -1, count)];
  return op.add(op.matmul(pastShares, past.v), op.matmul(selfShares, fresh.v));
}
