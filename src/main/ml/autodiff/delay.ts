/**
 * Order of execution as part of a graph. A runtime may run nodes in any order that their inputs allow, and what it keeps in
 * memory meanwhile depends on it.
 */
import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';

/** The same values, but not before those of `after` are known: nothing of each is joined on, which costs one copy. */
export function delayed(value: Value, after: readonly Value[]): Value {
  const isScalar = value.shape.length === 0;
  const x = isScalar ? op.reshape(value, [1]) : value;
  const nothings = after.map((other) => {
    const listed = other.shape.length === 0 ? op.reshape(other, [1]) : other;
    const nothing = op.reshape(op.slice(listed, 0, 0, 0), [0, ...x.shape.slice(1)]);
    return op.cast(nothing, x.dtype);
  });
  const joined = op.concat([x, ...nothings], 0);
  return isScalar ? op.reshape(joined, []) : joined;
}
