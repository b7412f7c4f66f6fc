/**
 * Gradient rules of normalisations over the last axis. Sums along rows are products with a vector, and sums along columns
 * products with a row of statistics: both read what they sum once and write next to nothing.
 */
import type { GraphNode, Value } from '../../onnx/graph.ts';
import { GraphError } from '../../onnx/graph.ts';
import * as op from '../../onnx/ops.ts';
import { floatAttribute, input, once, type Rule, type RuleContext } from '../rule.ts';

export const normalizationRules: Record<string, Rule> = {
  // With r = 1/√(mean(x²) + ε) of a row: dx = r·g∘dy − x·r³·mean(x∘g∘dy), dg = Σ r·x∘dy over the rows.
  SimplifiedLayerNormalization: (dy, node, context) => {
    refuseStatistics(node, context);
    const [x, gain] = [input(node, 0), input(node, 1)];
    const r = once(() => node.outputs[1] ?? inverseRootMeanSquare(x, floatAttribute(node, 'epsilon', 1e-5)));
    const product = once(() => op.mul(dy, x));
    return [
      () => {
        const share = op.mul(rowSums(product(), gain), op.mul(op.mul(op.square(r()), r()), 1 / width(x)));
        return op.sub(op.mul(op.mul(dy, gain), r()), op.mul(x, share));
      },
      () => columnSums(r(), product()),
    ];
  },

  // With n = (x − mean)·r of a row: dx = r·(g∘dy − mean(g∘dy) − n·mean(n∘g∘dy)), dg = Σ n∘dy, db = Σ dy over the rows.
  LayerNormalization: (dy, node, context) => {
    refuseStatistics(node, context);
    const [x, gain] = [input(node, 0), input(node, 1)];
    const [mean, r] = [node.outputs[1]!, node.outputs[2]!];
    const normed = once(() => op.mul(op.sub(x, mean), r));
    const product = once(() => op.mul(normed(), dy));
    const ones = () => op.fill(x.graph, r.shape, 1);
    return [
      () => {
        const share = op.mul(rowSums(product(), gain), 1 / width(x));
        const level = op.mul(rowSums(dy, gain), 1 / width(x));
        return op.mul(op.sub(op.sub(op.mul(dy, gain), op.mul(normed(), share)), level), r);
      },
      () => columnSums(ones(), product()),
      () => columnSums(ones(), dy),
    ];
  },
};

/** The statistics that a node leaves for its gradient are no results: through them nothing may flow. */
function refuseStatistics(node: GraphNode, context: RuleContext): void {
  const [, ...statistics] = node.outputs;
  if (statistics.some((value) => context.gradientOf(value) !== undefined))
    throw new GraphError(node.operator, node.scope, 'has no gradient through its statistics', node.inputs);
}

function inverseRootMeanSquare(x: Value, epsilon: number): Value {
  const meanSquare = op.mul(op.reduceSumSquare(x, { axes: [-1], keepDims: true }), 1 / width(x));
  return op.reciprocal(op.sqrt(op.add(meanSquare, epsilon)));
}

function width(x: Value): number {
  return x.shape.at(-1)!;
}

/** Σ x·weights along the last axis: [… , D] and [D] → [… , 1]. */
function rowSums(x: Value, weights: Value): Value {
  return op.matmul(x, op.reshape(weights, [width(x), 1]));
}

/** Σ factor·x over all rows: [… , 1] and [… , D] → [D]. */
function columnSums(factors: Value, x: Value): Value {
  const [rows_N1, x_ND] = [op.reshape(factors, [-1, 1]), op.reshape(x, [-1, width(x)])];
  return op.reshape(op.matmul(rows_N1, x_ND, { transA: true }), [width(x)]);
}
