/** Gradient rules of activation functions, made of their results where these say enough. */
import * as op from '../../onnx/ops.ts';
import { floatAttribute, masked, unary, type Rule } from '../rule.ts';

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
  // Of y = x·s with s = σ(αx): s + α·y·(1 − s). The sigmoid is computed anew, which costs less than keeping it in memory.
  QuickGelu: unary((dy, x, y, node) => {
    const alpha = floatAttribute(node, 'alpha', 1);
    const [scaledX, scaledY] = alpha === 1 ? [x, y] : [op.mul(x, alpha), op.mul(y, alpha)];
    const s = op.sigmoid(scaledX);
    return op.mul(dy, op.add(s, op.mul(scaledY, op.sub(1, s))));
  }),
};
