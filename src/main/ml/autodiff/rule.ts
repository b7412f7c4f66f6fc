/** What a gradient rule is, and the helpers that rules share. */
import { sameShape } from '../onnx/dtype.ts';
import type { Shape } from '../onnx/dtype.ts';
import type { GraphNode, Value } from '../onnx/graph.ts';
import { GraphError } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import { repeatedAxes } from '../onnx/ops/operands.ts';
import type { Piece } from './pieces.ts';

/** What a rule may ask about the graph around its node. */
export interface RuleContext {
  /** The nodes between the parameters and the loss that read `value`. */
  consumers(value: Value): readonly GraphNode[];
  /** The gradient of the loss with respect to `value`, if known so far. */
  gradientOf(value: Value): Value | undefined;
}

/** Builds the gradient of one input, or the piece of it that is not zero; called only when it is needed. */
export type InputGradient = () => Value | Piece;

/**
 * Given the gradients of a node's outputs, says for each input how its gradient is built; null where there is none.
 * `dy` is the gradient of the first output; rules of nodes with several outputs ask the context for the others.
 */
export type Rule = (dy: Value, node: GraphNode, context: RuleContext) => readonly (InputGradient | null)[];

/** The input at `index`, which must be there. */
export function input(node: GraphNode, index: number): Value {
  const value = node.inputs[index];
  if (value == null)
    throw new GraphError(node.operator, node.scope, `input ${index} is missing`, node.inputs);
  return value;
}

export function output(node: GraphNode): Value {
  return node.outputs[0]!;
}

export function intAttribute(node: GraphNode, name: string, fallback: number): number {
  const attribute = node.attributes[name];
  return attribute !== undefined && 'int' in attribute ? attribute.int : fallback;
}

export function floatAttribute(node: GraphNode, name: string, fallback: number): number {
  const attribute = node.attributes[name];
  return attribute !== undefined && 'float' in attribute ? attribute.float : fallback;
}

export function intsAttribute(node: GraphNode, name: string): readonly number[] {
  const attribute = node.attributes[name];
  if (attribute === undefined || !('ints' in attribute))
    throw new GraphError(node.operator, node.scope, `the attribute “${name}” is missing`, node.inputs);
  return attribute.ints;
}

/** The numbers of a constant input, e.g. axes. */
export function constantInts(node: GraphNode, index: number): number[] {
  const value = input(node, index);
  const data = value.graph.constantData(value);
  if (data === undefined)
    throw new GraphError(node.operator, node.scope, `input ${index} must be a constant`, node.inputs);
  return Array.from(data, Number);
}

/** The rule of an operator of one operand `x` with the result `y`. */
export function unary(rule: (dy: Value, x: Value, y: Value, node: GraphNode) => Value): Rule {
  return (dy, node) => [() => rule(dy, input(node, 0), output(node), node)];
}

/** `dy` where `keep` is true, else 0. */
export function masked(dy: Value, keep: Value): Value {
  return op.mul(dy, op.cast(keep, 'float32'));
}

/** `build`, whose result is shared by those who call it several times. */
export function once(build: () => Value): () => Value {
  let value: Value | undefined;
  return () => (value ??= build());
}

/** Adds up what broadcasting had repeated, so that the gradient has the shape of the operand. */
export function sumTo(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const axes = repeatedAxes(shape, x.shape);
  return op.reshape(axes.length > 0 ? op.reduceSum(x, { axes }) : x, shape);
}

/** Product that spares the pass of an Expand when the other factor broadcasts it anyway. */
export function leanMul(x: Value, y: Value): Value {
  const [small, other] = unexpanded(x, y);
  return op.mul(small, other);
}

/** Sum that spares the pass of an Expand when the other summand broadcasts it anyway. */
export function leanAdd(x: Value, y: Value): Value {
  const [small, other] = unexpanded(x, y);
  return op.add(small, other);
}

function unexpanded(x: Value, y: Value): [Value, Value] {
  if (x.producer?.operator === 'Expand' && sameShape(x.shape, y.shape)) return [input(x.producer, 0), y];
  if (y.producer?.operator === 'Expand' && sameShape(x.shape, y.shape)) return [x, input(y.producer, 0)];
  return [x, y];
}
