/** Attention of new tokens to what is already decided and among themselves: masked frames in training, the KV cache later. */
import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import type { Heads } from './model.ts';

/**
 * One softmax over two kinds of keys: those of the past, under a mask [queries or 1, past], and the new ones. New tokens
 * come in `groups` of equal size (latent frames); each token sees all of its own group and nothing of the others.
 *
 * @returns [B, H, S, K]
 */
export function attendToPastAndSelf(
  fresh: Heads,
  past: Pick<Heads, 'k' | 'v'>,
  pastMask: Value,
  groups: number,
): Value {
  const [batch, heads, count, size] = fresh.q.shape as [number, number, number, number];
  const byGroup = (x: Value) => op.reshape(x, [batch, heads, groups, count / groups, -1]);
  const inLine = (x: Value) => op.reshape(x, [batch, heads, count, -1]);
  const alpha = size ** -0.5;

  const pastScores = op.add(op.matmul(fresh.q, past.k, { transB: true, alpha }), pastMask);
  const selfScores = inLine(op.matmul(byGroup(fresh.q), byGroup(fresh.k), { transB: true, alpha }));
  const shares = op.softmax(op.concat([pastScores, selfScores], -1));
  const [pastShares, selfShares] = op.split(shares, -1, [past.k.shape[2]!, count / groups]) as [Value, Value];
  return op.add(op.matmul(pastShares, past.v), inLine(op.matmul(byGroup(selfShares), byGroup(fresh.v))));
}
