/** Rotation of pairs by position, as one kernel (`com.microsoft.RotaryEmbedding`) that all devices have. */
import { sameShape } from '../dtype.ts';
import type { Value } from '../graph.ts';
import { int, int64s, requireType } from './operands.ts';

/** Turns element i and element i + K/2 of the last axis of x [B, H, T, K] by the angle of `cos` and `sin` [T, K/2]. */
export function rotary(x: Value, cos: Value, sin: Value): Value {
  for (const operand of [x, cos, sin]) requireType('RotaryEmbedding', operand, 'float32');
  const table = [x.shape[2]!, x.shape[3]! / 2];
  if (x.shape.length !== 4 || !sameShape(cos.shape, table) || !sameShape(sin.shape, table))
    throw x.graph.error('RotaryEmbedding', 'needs x [B, H, T, K] and tables [T, K/2]', [x, cos, sin]);
  // The second input is the row of the tables at which the first position stands.
  return x.graph.node('RotaryEmbedding', [x, int64s(x.graph, [0]), cos, sin], [x], {
    domain: 'com.microsoft',
    attributes: { interleaved: int(false) },
  })[0]!;
}
