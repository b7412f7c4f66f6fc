/** How much a graph computes: the floating-point operations of its matrix products and convolutions, which are nearly all. */
import type { Graph, GraphNode } from './graph.ts';
import { nodesFor } from './graph.ts';
import { sizeOf } from './dtype.ts';

/** Of one run, for all outputs; a multiplication and an addition count as two. */
export function matmulFlops(graph: Graph): number {
  return nodesFor(graph, graph.outputs.values()).reduce((sum, node) => sum + productFlops(node), 0);
}

function productFlops(node: GraphNode): number {
  const [x, weight] = node.inputs;
  const result = node.outputs[0]!;
  switch (node.operator) {
    case 'MatMul':
    case 'FusedMatMul': {
      const { transA } = node.attributes;
      const isTransposed = transA !== undefined && 'int' in transA && transA.int === 1;
      return 2 * x!.shape.at(isTransposed ? -2 : -1)! * sizeOf(result.shape);
    }
    // A kernel [O, C, k…] for each element of the result, or, transposed, [C, O, k…] for each of the input.
    case 'Conv':
      return 2 * sizeOf(weight!.shape.slice(1)) * sizeOf(result.shape);
    case 'ConvTranspose':
      return 2 * sizeOf(weight!.shape.slice(1)) * sizeOf(x!.shape);
    default:
      return 0;
  }
}
