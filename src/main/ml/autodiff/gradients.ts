/** Reverse-mode differentiation: adds to a graph the nodes that compute the gradient of a loss. */
import type { Graph, GraphNode, Value } from '../onnx/graph.ts';
import { GraphError, nodesFor } from '../onnx/graph.ts';
import { delayed } from './delay.ts';
import { joinPieces, type Piece } from './pieces.ts';
import { recomputeSegment, type RecomputedSegment } from './recompute.ts';
import { leanAdd, type RuleContext } from './rule.ts';
import { rules } from './rules.ts';

export interface GradientOptions {
  /** Computes the values inside of segments (see `Graph.segment`) again instead of keeping them: less memory, more time. */
  recompute?: boolean;
}

/**
 * Gradients of the scalar `loss` with respect to each value of `wrt`, in the same order and of the same shapes. Throws
 * when a node on the way has no rule, and when the loss does not depend on a value.
 */
export function gradients(
  graph: Graph,
  loss: Value,
  wrt: readonly Value[],
  { recompute = false }: GradientOptions = {},
): Value[] {
  if (loss.shape.length > 0 || loss.dtype !== 'float32')
    throw new GraphError('Gradients', graph.scopeName, 'the loss must be a float32 scalar', [loss]);
  const path = pathFrom(wrt, nodesFor(graph, [loss]));
  const backward = new BackwardPass(graph, path, recompute);
  backward.add(loss, graph.scalar(1));
  const reversed = path.nodes.toReversed();
  reversed.forEach((node, i) => {
    graph.inScope(node.scope === '' ? 'gradient' : `gradient/${node.scope}`, () => backward.visit(node));
    const { segment } = node;
    if (recompute && segment !== undefined && reversed[i + 1]?.segment !== segment)
      graph.inScope(`gradient/${segment}`, () => backward.finish(segment, wrt));
  });
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
  /** All nodes of a segment that the loss needs, also those that no gradient passes. */
  nodesOf(segment: string): GraphNode[];
  values: Set<Value>;
  consumers: Map<Value, GraphNode[]>;
}

function pathFrom(wrt: readonly Value[], nodes: readonly GraphNode[]): Path {
  const path: Path = {
    nodes: [],
    nodesOf: (name) => nodes.filter(({ segment }) => segment === name),
    values: new Set(wrt),
    consumers: new Map(),
  };
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
  readonly #graph: Graph;
  readonly #path: Path;
  readonly #recompute: boolean;
  readonly #gradients = new Map<Value, Value>();
  /** Gradients of slices, which are joined when the whole gradient is asked for. */
  readonly #pieces = new Map<Value, Piece[]>();
  /** The segment that is being visited, computed again. */
  #again: { segment: string; copies: RecomputedSegment } | undefined;

  constructor(graph: Graph, path: Path, recompute: boolean) {
    this.#graph = graph;
    this.#path = path;
    this.#recompute = recompute;
  }

  gradientOf(maybeCopy: Value): Value | undefined {
    const value = this.#original(maybeCopy);
    const pieces = this.#pieces.get(value) ?? [];
    this.#pieces.delete(value);
    for (const along of Map.groupBy(pieces, ({ axis }) => axis).values())
      this.add(value, joinPieces(along, value.shape));
    return this.#gradients.get(value);
  }

  consumers(value: Value): readonly GraphNode[] {
    const nodes = this.#path.consumers.get(this.#original(value)) ?? [];
    return nodes.map((node) => this.#again?.copies.standIn(node) ?? node);
  }

  #original(value: Value): Value {
    return this.#again?.copies.original(value) ?? value;
  }

  /** What a rule is to read: the node itself, or its stand-in where its segment is computed again. */
  #readable(node: GraphNode, dy: Value): GraphNode {
    if (!this.#recompute || node.segment === undefined) return node;
    if (this.#again?.segment !== node.segment) {
      const nodes = this.#path.nodesOf(node.segment);
      this.#again = { segment: node.segment, copies: recomputeSegment(this.#graph, nodes, dy) };
    }
    return this.#again.copies.standIn(node);
  }

  addPiece(value: Value, piece: Piece): void {
    this.#pieces.set(value, [...(this.#pieces.get(value) ?? []), piece]);
  }

  add(value: Value, gradient: Value): void {
    const known = this.#gradients.get(value);
    this.#gradients.set(value, known === undefined ? gradient : leanAdd(known, gradient));
  }

  /**
   * Lets nothing before the segment be computed until the gradients of its own parameters are. A runtime that goes all the
   * way back first would keep what those are made of, of all segments at once.
   */
  finish(segment: string, parameters: readonly Value[]): void {
    const inside = new Set(this.#path.nodesOf(segment));
    const isRead = (value: Value) => this.#path.consumers.get(value)?.some((node) => inside.has(node));
    const done = parameters.filter(isRead).flatMap((value) => this.gradientOf(value) ?? []);
    if (done.length === 0) return;
    for (const value of this.#path.values) {
      if (parameters.includes(value) || inside.has(value.producer!) || !isRead(value)) continue;
      const gradient = this.gradientOf(value);
      if (gradient !== undefined) this.#gradients.set(value, delayed(gradient, done));
    }
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
    const inputGradients = rule(dy, this.#readable(node, dy), this);
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
