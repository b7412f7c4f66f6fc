/** Gradient rules of operators that pick elements by position. */
import { sizeOf } from '../../onnx/dtype.ts';
import { GraphError } from '../../onnx/graph.ts';
import { fill } from '../../onnx/ops/indexing.ts';
import * as op from '../../onnx/ops.ts';
import type { Rule } from '../rule.ts';
import { input, intAttribute } from '../rule.ts';

export const indexingRules: Record<string, Rule> = {
  // Rows may be picked several times. A product with the one-hot matrix adds them up in a fixed order on every device.
  Gather: (dy, node) => [
    () => {
      const [table, indices] = [input(node, 0), input(node, 1)];
      const rows = table.shape[0]!;
      const picked_NR = op.oneHot(op.reshape(indices, [-1]), rows);
      const dy_NX = op.reshape(dy, [sizeOf(indices.shape), -1]);
      return op.reshape(op.matmul(picked_NR, dy_NX, { transA: true }), table.shape);
    },
    null,
  ],
  // One index a row, as in the cross-entropy, needs no scatter: the gradient is dy where the column is the index.
  GatherElements: (dy, node) => [
    () => {
      const [x, indices] = [input(node, 0), input(node, 1)];
      const axis = intAttribute(node, 'axis', 0);
      if (axis !== x.shape.length - 1 || indices.shape[axis] !== 1)
        throw new GraphError(
          node.operator,
          node.scope,
          'has a gradient only for one index a row',
          node.inputs,
        );
      return op.mul(op.reshape(op.oneHot(indices, x.shape[axis]!), x.shape), dy);
    },
    null,
  ],
  ScatterElements: (dy, node) => {
    const [indices, updates] = [input(node, 1), input(node, 2)];
    const axis = intAttribute(node, 'axis', 0);
    return [
      () => op.scatterElements(dy, indices, fill(dy.graph, updates.shape, 0), axis),
      null,
      () => op.gatherElements(dy, indices, axis),
    ];
  },
};
