/** Reverse-mode differentiation: adds to a graph the nodes that compute the gradient of a loss. */
import type { Graph, GraphNode, Value } from '../onnx/graph.ts';
import { GraphError, nodesFor } from '../onnx/graph.ts';
import { joinPieces, type Piece } from './pieces.ts';
import { leanAdd, type RuleContext } from './rule.ts';
import { rules } from './rules.ts';

/**
 * Gradients of the scalar `loss` with respect to each value of `wrt`, in the same order and of the same shapes. Throws
 * when a node on the way has no rule, and when the loss does not depend on a value.
 */
export function gradients(graph: Graph, loss: Value, wrt: readonly Value[]): Value[] {
  if (loss.shape.length > 0 || loss.dtype !== 'float32')
    throw new GraphError('Gradients', graph.scopeName, 'the loss must be a float32 scalar', [loss]);
  const path = pathFrom(wrt, nodesFor(graph, [loss]));
  const backward = new BackwardPass(path);
  backward.add(loss, graph.scalar(1));
  for (const node of path.nodes.toReversed())
    graph.inScope(node.scope === '' ? 'gradient' : `gradient/${node.scope}`, () => backward.visit(node));
  return wrt.map((value) => {
    const gradient = backward.gradientOf(value);
    if (gradient === undefined)
      throw new GraphError('Gradients', '', `the loss does not depend on “${value.name}”`, [value]);
    return gradient;
  });
}

/** The part of the graph that lies between the parameters and the loss. */
interface Path {
  nodes: GraphNode[];
  values: Set<Value>;
  consumers: Map<Value, GraphNode[]>;
}

function pathFrom(wrt: readonly Value[], nodes: readonly GraphNode[]): Path {
  const path: Path = { nodes: [], values: new Set(wrt), consumers: new Map() };
  for (const node of nodes) {
    const inputs = new Set(
      node.inputs.filter((value) => value !== null && path.values.has(value)) as Value[],
    );
    if (inputs.size === 0) continue;
    // Only real numbers carry gradients: comparisons, positions and the like end the path.
    const outputs = node.outputs.filter((value) => value.dtype === 'float32');
    if (outputs.length === 0) continue;
    path.nodes.push(node);
    for (const value of outputs) path.values.add(value);
    for (const value of inputs) path.consumers.set(value, [...(path.consumers.get(value) ?? []), node]);
  }
  return path;
}

class BackwardPass implements RuleContext {
  readonly #path: Path;
  readonly #gradients = new Map<Value, Value>();
  /** Gradients of slices, which are joined when the whole gradient is asked for. */
  readonly #pieces = new Map<Value, Piece[]>();

  constructor(path: Path) {
    this.#path = path;
  }

  gradientOf(value: Value): Value | undefined {
    const pieces = this.#pieces.get(value) ?? [];
    this.#pieces.delete(value);
    for (const along of Map.groupBy(pieces, ({ axis }) => axis).values())
      this.add(value, joinPieces(along, value.shape));
    return this.#gradients.get(value);
  }

  consumers(value: Value): readonly GraphNode[] {
    return this.#path.consumers.get(value) ?? [];
  }

  addPiece(value: Value, piece: Piece): void {
    this.#pieces.set(value, [...(this.#pieces.get(value) ?? []), piece]);
  }

  add(value: Value, gradient: Value): void {
    const known = this.#gradients.get(value);
    this.#gradients.set(value, known === undefined ? gradient : leanAdd(known, gradient));
  }

  visit(node: GraphNode): void {
    const dys = node.outputs.map((value) => this.gradientOf(value));
    const dy = dys.find((candidate) => candidate !== undefined);
    if (dy === undefined) return;
    const rule = Object.hasOwn(rules, node.operator) ? rules[node.operator] : undefined;
    if (rule === undefined)
      throw new GraphError(
        node.operator,
        node.scope,
        `no gradient rule for node “${node.name}”`,
        node.inputs,
      );
    const inputGradients = rule(dy, node, this);
    node.inputs.forEach((value, i) => {
      if (value === null || value.dtype !== 'float32' || !this.#path.values.has(value)) return;
      const build = inputGradients[i];
      if (build == null) return;
      const gradient = build();
      if ('start' in gradient) {
        this.addPiece(value, gradient);
        return;
      }
      if (gradient.shape.join() !== value.shape.join())
        throw new GraphError(node.operator, node.scope, 'the rule gives a wrong shape', [value, gradient]);
      this.add(value, gradient);
    });
  }
}
