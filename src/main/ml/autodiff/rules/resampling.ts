/** Gradient rules of upsampling and pooling, each of which is the transpose of the other but for a factor. */
import { sizeOf } from '../../onnx/dtype.ts';
import type { GraphNode } from '../../onnx/graph.ts';
import * as op from '../../onnx/ops.ts';
import { input, output, type Rule } from '../rule.ts';

export const resamplingRules: Record<string, Rule> = {
  Resize: (dy, node) => [() => op.mul(op.averagePool(dy, factors(node)), sizeOf(factors(node))), null, null],
  AveragePool: (dy, node) => [() => op.upsampleNearest(op.mul(dy, 1 / sizeOf(factors(node))), factors(node))],
};

/** By how much the sizes after N and C differ. */
function factors(node: GraphNode): number[] {
  const [from, to] = [input(node, 0).shape, output(node).shape];
  return from.slice(2).map((size, i) => Math.max(size, to[i + 2]!) / Math.min(size, to[i + 2]!));
}
