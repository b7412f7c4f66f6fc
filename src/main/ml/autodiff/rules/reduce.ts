/** Gradient rules of reductions and of the normalised exponentials. */
import { sizeOf } from '../../onnx/dtype.ts';
import type { GraphNode, Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/ops.ts';
import type { Rule, RuleContext } from '../rule.ts';
import { constantInts, input, intAttribute, output } from '../rule.ts';

export const reduceRules: Record<string, Rule> = {
  ReduceSum: (dy, node) => [() => op.expand(withReducedAxes(dy, node), input(node, 0).shape), null],
  ReduceMean: (dy, node) => {
    const x = input(node, 0);
    const share = sizeOf(dy.shape) / sizeOf(x.shape);
    return [() => op.expand(op.mul(withReducedAxes(dy, node), share), x.shape), null];
  },
  ReduceSumSquare: (dy, node) => [() => op.mul(op.mul(withReducedAxes(dy, node), 2), input(node, 0)), null],
  ReduceL1: (dy, node) => [() => op.mul(withReducedAxes(dy, node), op.sign(input(node, 0))), null],
  // A root of zero has no slope; zero is taken, as the smallest of those that support it.
  ReduceL2: (dy, node) => [
    () => {
      const share = op.div(withReducedAxes(dy, node), op.maximum(withReducedAxes(output(node), node), 1e-30));
      return op.mul(input(node, 0), share);
    },
    null,
  ],
  ReduceLogSumExp: (dy, node) => [
    () => {
      const shares = op.exp(op.sub(input(node, 0), withReducedAxes(output(node), node)));
      return op.mul(shares, withReducedAxes(dy, node));
    },
    null,
  ],
  ReduceMax: extremeRule,
  ReduceMin: extremeRule,
  Softmax: (dy, node, context) => [
    () => {
      const y = output(node);
      return op.mul(y, op.sub(dy, sumOfProducts(dy, y, axisOf(node), context)));
    },
  ],
  LogSoftmax: (dy, node) => [
    () => {
      const sum = op.reduceSum(dy, { axes: [axisOf(node)], keepDims: true });
      return op.sub(dy, op.mul(op.exp(output(node)), sum));
    },
  ],
  CumSum: (dy, node) => [
    () => op.cumSum(dy, constantInts(node, 1)[0], intAttribute(node, 'reverse', 0) === 0),
    null,
  ],
};

/** Equal extremes share the gradient. */
function extremeRule(dy: Value, node: GraphNode): [() => Value, null] {
  const extreme = () => {
    const x = input(node, 0);
    const chosen = op.cast(op.equal(x, withReducedAxes(output(node), node)), 'float32');
    const count = op.reduceSum(chosen, { axes: constantInts(node, 1), keepDims: true });
    return op.mul(chosen, op.div(withReducedAxes(dy, node), count));
  };
  return [extreme, null];
}

function axisOf(node: GraphNode): number {
  return intAttribute(node, 'axis', -1);
}

/** `y`, the result of a reduction, with the reduced axes back as size 1. */
function withReducedAxes(y: Value, node: GraphNode): Value {
  const axes = constantInts(node, 1);
  return op.reshape(
    y,
    input(node, 0).shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
  );
}

/**
 * Σ dy·y along `axis`. In attention y only goes into o = y·v, and then the sum along the last axis equals Σ do·o, over the
 * size of a head instead of over all keys (Dao et al. 2022, appendix B.2).
 */
function sumOfProducts(dy: Value, y: Value, axis: number, context: RuleContext): Value {
  const [consumer, ...others] = context.consumers(y);
  const o = consumer?.outputs[0];
  const attends =
    consumer?.operator === 'MatMul' &&
    axis === y.shape.length - 1 &&
    others.length === 0 &&
    consumer.inputs[0] === y &&
    consumer.inputs[1] !== y &&
    o!.shape.slice(0, -1).join() === y.shape.slice(0, -1).join();
  const product = attends ? op.mul(context.gradientOf(o!)!, o!) : op.mul(dy, y);
  return op.reduceSum(product, { axes: [axis], keepDims: true });
}
