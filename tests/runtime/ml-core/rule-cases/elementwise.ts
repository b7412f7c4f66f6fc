/** Cases of operators that work element by element, activations among them. */
import type { Value } from '#main/ml/onnx/graph.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { binary, grid, positive, real, unary, type Draw, type RuleCases } from './draw.ts';

export const elementwiseCases: RuleCases = {
  Add: binary(op.add),
  Sub: binary(op.sub),
  Mul: binary(op.mul),
  Div: binary(op.div, real, positive),
  Pow: binary(op.pow, positive, real),
  Max: binary(op.maximum, grid(0.1), grid(0.3)),
  Min: binary(op.minimum, grid(0.1), grid(0.3)),
  Neg: unary(op.neg),
  Abs: unary(op.abs, grid(0.2)),
  Sqrt: unary(op.sqrt, positive),
  Reciprocal: unary(op.reciprocal, positive),
  Exp: unary(op.exp),
  Log: unary(op.log, positive),
  Sin: unary(op.sin),
  Cos: unary(op.cos),
  Erf: unary(op.erf),
  Clip: unary((x) => op.clip(x, -0.5, 1), grid(0.2)),
  Where: binary((a, b) => op.where(op.less(a, b), op.mul(a, 3), b), grid(0.1), grid(0.3)),

  Relu: unary(op.relu, grid(0.2)),
  Tanh: unary(op.tanh),
  Sigmoid: unary(op.sigmoid),
  Softplus: unary(op.softplus),
  LeakyRelu: unary((x) => op.leakyRelu(x, 0.2), grid(0.2)),
  Elu: unary((x) => op.elu(x, 0.7), grid(0.2)),
  Gelu: unary(op.gelu),
  FastGelu: unary(op.geluTanh),
  QuickGelu: unary(op.silu),
};

/** Operators whose rule is that no gradient flows, with operands at which they do not jump. */
export const stopCases: Record<string, { apply: (x: Value) => Value; draw: Draw }> = {
  Identity: { apply: op.stopGradient, draw: real },
  Floor: { apply: op.floor, draw: grid(0.2) },
  Sign: { apply: op.sign, draw: grid(0.2) },
};
