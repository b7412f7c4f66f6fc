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
  // Back to where the elements came from: the other way round, apart by the step, and among zeros.
  Slice: (dy, node) => {
    const x = input(node, 0);
    const [starts, axes, steps] = [constantInts(node, 1), constantInts(node, 3), constantInts(node, 4)];
    return [
      () => {
        const backwards = axes.filter((_, i) => steps[i]! < 0);
        const placed = axes.reduce(
          (part, axis, i) => op.spread(part, axis, Math.abs(steps[i]!)),
          op.reverse(dy, backwards),
        );
        const firsts = axes.map((axis, i) => {
          return starts[i]! + Math.min(0, Math.max(0, dy.shape[axis]! - 1) * steps[i]!);
        });
        if (axes.length === 1) return { axis: axes[0]!, start: firsts[0]!, value: placed };
        const margins = x.shape.map((): [number, number] => [0, 0]);
        axes.forEach((axis, i) => {
          margins[axis] = [firsts[i]!, x.shape[axis]! - firsts[i]! - placed.shape[axis]!];
        });
        return op.pad(placed, margins);
      },
      null,
      null,
      null,
      null,
    ];
  },
  Pad: (dy, node) => [
    () => {
      const x = input(node, 0);
      const before = constantInts(node, 1);
      return op.slices(
        dy,
        x.shape.map((size, axis) => ({ axis, start: before[axis]!, end: before[axis]! + size })),
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
