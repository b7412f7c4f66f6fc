/** Cases of operators that move elements. */
import fc from 'fast-check';
import { sizeOf } from '#main/ml/onnx/dtype.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { alongAxis, broadcasting, operand, seed, shape, unary, type RuleCases } from './draw.ts';

export const shapeCases: RuleCases = {
  Reshape: unary((x) => op.square(op.reshape(x, [-1]))),
  Expand: fc.tuple(broadcasting, seed).map(([[a, b], seed]) => {
    const [part, whole] = sizeOf(a) < sizeOf(b) || a.length < b.length ? [a, b] : [b, a];
    return {
      operands: [operand(part, seed)],
      build: (_, [x]) => op.expand(op.square(x!), [2, ...whole]),
    };
  }),
  Transpose: unary((x) =>
    op.transpose(
      x,
      x.shape.map((_, axis) => (axis + 1) % x.shape.length),
    ),
  ),
  // Every second or third, forwards and backwards, along one axis or all; what is cut meets the whole again.
  Slice: fc
    .tuple(shape, fc.constantFrom(1, 2, 3, -1, -2), fc.boolean(), seed)
    .map(([shape, step, all, seed]) => {
      const sizes = shape.map((size) => size + 1);
      return {
        operands: [operand(sizes, seed)],
        build: (_, [x]) => {
          const cut = { start: step > 0 ? 1 : -1, step };
          const cuts = sizes.map((_, axis) => ({ axis, ...cut })).slice(0, all ? sizes.length : 1);
          return op.add(op.slices(x!, cuts), op.reduceSum(x!));
        },
      };
    }),
  Pad: fc.constantFrom(op.pad, op.padEdge, op.padReflect).chain((pad) =>
    alongAxis((x, axis) => {
      const wide = op.concat([x, op.exp(x), x], axis);
      const margins = x.shape.map((_, i): [number, number] => (i === axis ? [2, 1] : [0, 0]));
      // The outer zeros keep the operator in the graph, whichever pad is drawn.
      return op.pad(
        pad(wide, margins),
        margins.map(() => [1, 0]),
      );
    }),
  ),
  Concat: alongAxis((x, axis) => op.concat([x, op.square(x), x], axis)),
  // One part stays unused: its gradient is zero.
  Split: alongAxis((x, axis) => {
    const whole = op.concat([x, x], axis);
    const parts = op.split(whole, axis, [1, 2 * x.shape[axis]! - 1]);
    return op.square(parts[1]!);
  }),
};
