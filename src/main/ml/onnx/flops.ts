/** How much a graph computes: the floating-point operations of its matrix products, which are nearly all of them. */
import type { Graph, GraphNode } from './graph.ts';
import { nodesFor } from './graph.ts';
import { sizeOf } from './dtype.ts';

const PRODUCTS = new Set(['MatMul', 'FusedMatMul']);

/** Of one run, for all outputs; a multiplication and an addition count as two. */
export function matmulFlops(graph: Graph): number {
  return nodesFor(graph, graph.outputs.values()).reduce((sum, node) => sum + productFlops(node), 0);
}

function productFlops(node: GraphNode): number {
  if (!PRODUCTS.has(node.operator)) return 0;
  const [a] = node.inputs;
  const { transA } = node.attributes;
  const isTransposed = transA !== undefined && 'int' in transA && transA.int === 1;
  const inner = a!.shape.at(isTransposed ? -2 : -1)!;
  return 2 * inner * sizeOf(node.outputs[0]!.shape);
}
