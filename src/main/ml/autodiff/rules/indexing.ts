/** Gradient rules of operators that pick elements by position. */
import { sizeOf } from '../../onnx/dtype.ts';
import type { GraphNode, Value } from '../../onnx/graph.ts';
import { fill } from '../../onnx/ops/indexing.ts';
import * as op from '../../onnx/ops.ts';
import type { Rule } from '../rule.ts';
import { input, intAttribute } from '../rule.ts';

export const indexingRules: Record<string, Rule> = {
  // Rows may be picked several times. A product with the one-hot matrix adds them up in a fixed order on every device.
  Gather: (dy, node) => [
    () => {
      const [x, indices] = [input(node, 0), input(node, 1)];
      const axis = intAttribute(node, 'axis', 0);
      const [before, rows, after] = [x.shape.slice(0, axis), x.shape[axis]!, x.shape.slice(axis + 1)];
      const picked_NR = op.oneHot(op.reshape(indices, [-1]), rows);
      const dy_BNA = op.reshape(dy, [sizeOf(before), sizeOf(indices.shape), sizeOf(after)]);
      // Without axes before, the product is one of two matrices.
      const dy_NA = axis === 0 ? op.reshape(dy_BNA, dy_BNA.shape.slice(1)) : dy_BNA;
      return op.reshape(op.matmul(picked_NR, dy_NA, { transA: true }), x.shape);
    },
    null,
  ],
  GatherElements: (dy, node) => [
    () => {
      const [x, indices] = [input(node, 0), input(node, 1)];
      const axis = intAttribute(node, 'axis', 0);
      // One index a row, as in the cross-entropy: the gradient is dy where the column is the index.
      if (axis === x.shape.length - 1 && indices.shape[axis] === 1)
        return filledUp(op.mul(op.squeeze(op.oneHot(indices, x.shape[axis]!), [axis]), dy), x);
      if (x.graph.lowering === 'cpu') return op.scatterAdd(zeros(x), indices, dy, axis);
      return filledUp(addedInOrder(dy, indices, axis, x.shape[axis]!), x);
    },
    null,
  ],
  ScatterElements: (dy, node) => {
    const [indices, updates] = [input(node, 1), input(node, 2)];
    const axis = intAttribute(node, 'axis', 0);
    return [
      () => (adds(node) ? dy : op.scatterElements(dy, indices, fill(dy.graph, updates.shape, 0), axis)),
      null,
      () => op.gatherElements(dy, indices, axis),
    ];
  },
};

function adds(node: GraphNode): boolean {
  const reduction = node.attributes['reduction'];
  return reduction !== undefined && 'string' in reduction && reduction.string === 'add';
}

/** WebGPU adds to the same place in any order, so that the last bits differ from run to run. A product keeps the order. */
function addedInOrder(dy: Value, indices: Value, axis: number, size: number): Value {
  const last = dy.shape.length - 1;
  const order = dy.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
  const [dyLast, indicesLast] = [op.transpose(dy, order), op.transpose(indices, order)];
  const sums = op.matmul(op.unsqueeze(dyLast, [last]), op.oneHot(indicesLast, size));
  return op.transpose(op.squeeze(sums, [last]), order);
}

/** Zeros where `x` is longer than its gradient so far. */
function filledUp(gradient: Value, x: Value): Value {
  return op.pad(
    gradient,
    x.shape.map((size, axis): [number, number] => [0, size - gradient.shape[axis]!]),
  );
}

function zeros(x: Value): Value {
  return op.expand(x.graph.scalar(0), x.shape);
}
