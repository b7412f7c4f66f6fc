/** Gradient rules of activation functions, made of their results where these say enough. */
import { sameShape } from '../../onnx/dtype.ts';
import type { GraphNode, Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/ops.ts';
import { floatAttribute, input, masked, output, unary, type Rule, type RuleContext } from '../rule.ts';

export const activationRules: Record<string, Rule> = {
  Relu: unary((dy, _x, y) => masked(dy, op.greater(y, 0))),
  Tanh: unary((dy, _x, y) => op.mul(dy, op.sub(1, op.square(y)))),
  Sigmoid: unary((dy, _x, y) => op.mul(dy, op.sub(y, op.square(y)))),
  Softplus: unary((dy, x) => op.mul(dy, op.sigmoid(x))),
  LeakyRelu: unary((dy, x, _y, node) =>
    op.mul(dy, op.where(op.greater(x, 0), 1, floatAttribute(node, 'alpha', 0.01))),
  ),
  Elu: unary((dy, x, y, node) =>
    op.mul(dy, op.where(op.greater(x, 0), 1, op.add(y, floatAttribute(node, 'alpha', 1)))),
  ),
  // Φ(x) + x·φ(x)
  Gelu: unary((dy, x) => {
    const area = op.mul(op.add(op.erf(op.mul(x, Math.SQRT1_2)), 1), 0.5);
    const density = op.mul(op.exp(op.mul(op.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return op.mul(dy, op.add(area, op.mul(x, density)));
  }),
  // Of x·(1 + t)/2 with t = tanh(c·(x + 0.044715·x³)).
  FastGelu: unary((dy, x) => {
    const c = Math.sqrt(2 / Math.PI);
    const square = op.square(x);
    const t = op.tanh(op.mul(x, op.add(op.mul(square, 0.044715 * c), c)));
    const slope = op.mul(op.sub(1, op.square(t)), op.add(op.mul(square, 3 * 0.044715 * c), c));
    return op.mul(dy, op.mul(op.add(op.add(t, 1), op.mul(x, slope)), 0.5));
  }),
  QuickGelu: (dy, node, context) => [() => quickGeluGradient(dy, node, context)],
};

/**
 * Of y = x·s with s = σ(αx): dy∘(s + α·y·(1 − s)). The sigmoid is computed anew, which costs less than keeping it in memory.
 * Where y only gates another value, h = y∘u, then dy = dh∘u, and the same is dh∘(h + s∘(u − h)) for α = 1: one pass over
 * the hidden layer less, and two of those that made dy are not needed.
 */
function quickGeluGradient(dy: Value, node: GraphNode, context: RuleContext): Value {
  const [x, y, alpha] = [input(node, 0), output(node), floatAttribute(node, 'alpha', 1)];
  const [gate, ...others] = context.consumers(y);
  if (alpha === 1 && gate?.operator === 'Mul' && others.length === 0) {
    const [h, u] = [output(gate), gate.inputs[0] === y ? input(gate, 1) : input(gate, 0)];
    const dh = context.gradientOf(h)!;
    if (u !== y && sameShape(u.shape, y.shape))
      return op.mul(dh, op.add(h, op.mul(op.sigmoid(x), op.sub(u, h))));
  }
  const [scaledX, scaledY] = alpha === 1 ? [x, y] : [op.mul(x, alpha), op.mul(y, alpha)];
  const s = op.sigmoid(scaledX);
  return op.mul(dy, op.add(s, op.mul(scaledY, op.sub(1, s))));
}
