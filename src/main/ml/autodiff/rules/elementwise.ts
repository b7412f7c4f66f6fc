/** Gradient rules of operators that work element by element. */
import type { Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/ops.ts';
import type { Rule } from '../rule.ts';
import { input, leanMul, masked, output, sumTo, unary } from '../rule.ts';

export const elementwiseRules: Record<string, Rule> = {
  Add: binary((dy) => [() => dy, () => dy]),
  Sub: binary((dy) => [() => dy, () => op.neg(dy)]),
  Mul: binary((dy, a, b) => [() => leanMul(dy, b), () => leanMul(dy, a)]),
  Div: binary((dy, _a, b, y) => [() => op.div(dy, b), () => op.neg(op.div(op.mul(dy, y), b))]),
  Pow: binary((dy, a, b, y) => [
    () => op.mul(dy, op.mul(b, op.pow(a, op.sub(b, 1)))),
    () => op.mul(dy, op.mul(y, op.log(a))),
  ]),
  // Where both are equal the gradient goes to the first.
  Max: binary((dy, a, b) => [() => masked(dy, op.greaterOrEqual(a, b)), () => masked(dy, op.less(a, b))]),
  Min: binary((dy, a, b) => [() => masked(dy, op.lessOrEqual(a, b)), () => masked(dy, op.greater(a, b))]),

  Neg: unary((dy) => op.neg(dy)),
  Abs: unary((dy, x) => op.mul(dy, op.sign(x))),
  Sqrt: unary((dy, _x, y) => op.div(op.mul(dy, 0.5), y)),
  Reciprocal: unary((dy, _x, y) => op.neg(op.mul(dy, op.square(y)))),
  Exp: unary((dy, _x, y) => op.mul(dy, y)),
  Log: unary((dy, x) => op.div(dy, x)),
  Sin: unary((dy, x) => op.mul(dy, op.cos(x))),
  Cos: unary((dy, x) => op.neg(op.mul(dy, op.sin(x)))),
  Erf: unary((dy, x) => op.mul(dy, op.mul(op.exp(op.neg(op.square(x))), 2 / Math.sqrt(Math.PI)))),

  Clip: (dy, node) => {
    const x = input(node, 0);
    const inside = () => op.and(op.greaterOrEqual(x, input(node, 1)), op.lessOrEqual(x, input(node, 2)));
    return [() => masked(dy, inside()), null, null];
  },
  Where: (dy, node) => {
    const condition = input(node, 0);
    return [
      null,
      () => sumTo(masked(dy, condition), input(node, 1).shape),
      () => sumTo(masked(dy, op.not(condition)), input(node, 2).shape),
    ];
  },

  // No gradient flows through steps, nor through stopGradient (the only maker of Identity).
  Identity: stop,
  Floor: stop,
  Sign: stop,
};

function stop(): [null] {
  return [null];
}

/** Wraps a rule of two operands so that each gradient is summed back to the shape of its operand. */
function binary(rule: (dy: Value, a: Value, b: Value, y: Value) => [() => Value, () => Value]): Rule {
  return (dy, node) => {
    const [a, b] = [input(node, 0), input(node, 1)];
    const [da, db] = rule(dy, a, b, output(node));
    return [() => sumTo(da(), a.shape), () => sumTo(db(), b.shape)];
  };
}
