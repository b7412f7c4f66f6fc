/** Cases of operators that move elements. */
import * as op from '#main/ml/onnx/ops.ts';
import { alongAxis, unary, type RuleCases } from './draw.ts';

export const shapeCases: RuleCases = {
  Reshape: unary((x) => op.square(op.reshape(x, [-1]))),
  Expand: unary((x) => op.expand(op.unsqueeze(x, [0]), [2, ...x.shape])),
  Transpose: unary((x) =>
    op.transpose(
      x,
      x.shape.map((_, axis) => (axis + 1) % x.shape.length),
    ),
  ),
  Slice: alongAxis((x, axis) => op.slice(x, axis, x.shape[axis]! - 1)),
  Pad: alongAxis((x, axis) =>
    op.pad(
      x,
      x.shape.map((_, i) => (i === axis ? [1, 2] : [0, 1])),
    ),
  ),
  Concat: alongAxis((x, axis) => op.concat([x, op.square(x), x], axis)),
  // One part stays unused: its gradient is zero.
  Split: alongAxis((x, axis) => {
    const whole = op.concat([x, x], axis);
    const parts = op.split(whole, axis, [1, 2 * x.shape[axis]! - 1]);
    return op.square(parts[1]!);
  }),
};
