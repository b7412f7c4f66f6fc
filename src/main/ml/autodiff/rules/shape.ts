/** Gradient rules of operators that move elements. */
import type { GraphNode } from '../../onnx/graph.ts';
import { fill } from '../../onnx/ops/indexing.ts';
import * as op from '../../onnx/ops.ts';
import type { Rule } from '../rule.ts';
import { constantInts, input, intAttribute, sumTo } from '../rule.ts';

export const shapeRules: Record<string, Rule> = {
  Reshape: (dy, node) => [() => op.reshape(dy, input(node, 0).shape), null],
  Expand: (dy, node) => [() => sumTo(dy, input(node, 0).shape), null],
  Transpose: (dy, node) => {
    const order = permutation(node);
    return [
      () =>
        op.transpose(
          dy,
          order.map((_, axis) => order.indexOf(axis)),
        ),
    ];
  },
  Slice: (dy, node) => {
    const [start, axis] = [1, 3].map((index) => constantInts(node, index)[0]!) as [number, number];
    return [() => ({ axis, start, value: dy }), null, null, null];
  },
  Pad: (dy, node) => [
    () => {
      const x = input(node, 0);
      const before = constantInts(node, 1);
      return x.shape.reduce(
        (part, size, axis) => op.slice(part, axis, before[axis]!, before[axis]! + size),
        dy,
      );
    },
    null,
    null,
  ],
  Concat: (dy, node) => {
    const axis = intAttribute(node, 'axis', 0);
    let start = 0;
    return node.inputs.map((part) => {
      const from = start;
      start += part!.shape[axis]!;
      const to = start;
      return () => op.slice(dy, axis, from, to);
    });
  },
  Split: (_dy, node, context) => [
    () =>
      op.concat(
        node.outputs.map((part) => context.gradientOf(part) ?? fill(part.graph, part.shape, 0)),
        intAttribute(node, 'axis', 0),
      ),
    null,
  ],
};

function permutation(node: GraphNode): readonly number[] {
  return (node.attributes['perm'] as { ints: readonly number[] }).ints;
}
