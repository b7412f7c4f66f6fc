/**
 * Forward values computed anew in the backward pass, segment by segment, so that they need not be kept from the forward pass
 * (gradient checkpointing, Chen et al. 2016): memory for one forward pass more.
 */
import type { Graph, GraphNode, Value } from '../onnx/graph.ts';
import { delayed } from './delay.ts';

/** Stand-ins for the nodes of one segment. */
export interface RecomputedSegment {
  standIn(node: GraphNode): GraphNode;
  /** The value that a stand-in's input or output stands for. */
  original(value: Value): Value;
}

/**
 * Builds the nodes of a segment again.
 *
 * @param nodes of the segment, in the order in which they were built
 * @param after the gradient that must be known before the segment is computed again
 */
export function recomputeSegment(graph: Graph, nodes: readonly GraphNode[], after: Value): RecomputedSegment {
  const inside = new Set(nodes);
  const copies = new Map<Value, Value>();
  const originals = new Map<Value, Value>();
  const standIns = new Map<GraphNode, GraphNode>();
  const pair = (value: Value, copy: Value) => {
    copies.set(value, copy);
    originals.set(copy, value);
  };
  const copyOf = (value: Value | null): Value | null => {
    if (value?.producer === undefined) return value;
    if (!copies.has(value) && !inside.has(value.producer)) pair(value, delayed(value, [after]));
    return copies.get(value) ?? value;
  };
  for (const node of nodes) {
    graph.inScope(`again/${node.scope}`, () => {
      const { operator, domain, attributes } = node;
      const outputs = graph.node(operator, node.inputs.map(copyOf), node.outputs, { domain, attributes });
      node.outputs.forEach((value, i) => pair(value, outputs[i]!));
      standIns.set(node, outputs[0]!.producer!);
    });
  }
  return {
    standIn: (node) => standIns.get(node) ?? node,
    original: (value) => originals.get(value) ?? value,
  };
}
