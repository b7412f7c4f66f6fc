/** Operators that work element by element, with NumPy broadcasting. */
import type { DType } from '../dtype.ts';
import { onnxCode } from '../dtype.ts';
import type { Value } from '../graph.ts';
import type { Operand } from './operands.ts';
import { asValue, asValues, broadcast, int, requireSameType, requireType } from './operands.ts';

export const add = binary('Add');
export const sub = binary('Sub');
export const mul = binary('Mul');
/** Integers divide towards zero. */
export const div = binary('Div');
export const pow = binary('Pow');

export const maximum = binary('Max');
export const minimum = binary('Min');

export const equal = binary('Equal', 'bool');
export const less = binary('Less', 'bool');
export const lessOrEqual = binary('LessOrEqual', 'bool');
export const greater = binary('Greater', 'bool');
export const greaterOrEqual = binary('GreaterOrEqual', 'bool');
export const and = binary('And', 'bool');
export const not = unary('Not', 'bool');

export const neg = unary('Neg', 'float32', 'int32', 'int64');
export const abs = unary('Abs', 'float32', 'int32', 'int64');
export const sqrt = unary('Sqrt', 'float32');
export const reciprocal = unary('Reciprocal', 'float32');
export const exp = unary('Exp', 'float32');
export const log = unary('Log', 'float32');
export const sin = unary('Sin', 'float32');
export const cos = unary('Cos', 'float32');
export const erf = unary('Erf', 'float32');
export const floor = unary('Floor', 'float32');

export function square(x: Value): Value {
  return mul(x, x);
}

/** −1, 0 or 1; WebGPU has no kernel for it and gets its parts. */
export function sign(x: Value): Value {
  requireType('Sign', x, 'float32');
  if (x.graph.lowering === 'webgpu') return sub(cast(greater(x, 0), 'float32'), cast(less(x, 0), 'float32'));
  return x.graph.node('Sign', [x], [x])[0]!;
}

export function clip(x: Value, min: number, max: number): Value {
  requireType('Clip', x, 'float32');
  const bounds = [asValue(x.graph, min, x.dtype), asValue(x.graph, max, x.dtype)];
  return x.graph.node('Clip', [x, ...bounds], [x])[0]!;
}

/** `condition ? a : b`, element by element. */
export function where(condition: Value, a: Operand, b: Operand): Value {
  requireType('Where', condition, 'bool');
  const dtype = typeof a === 'number' ? (typeof b === 'number' ? 'float32' : b.dtype) : a.dtype;
  const x = asValue(condition.graph, a, dtype);
  const y = asValue(condition.graph, b, dtype);
  requireSameType('Where', x, y);
  const shape = broadcast('Where', [condition, x, y]);
  return condition.graph.node('Where', [condition, x, y], [{ dtype, shape }])[0]!;
}

export function cast(x: Value, to: DType): Value {
  if (x.dtype === to) return x;
  return x.graph.node('Cast', [x], [{ dtype: to, shape: x.shape }], {
    attributes: { to: int(onnxCode[to]) },
  })[0]!;
}

/** The same values, through which no gradient flows. */
export function stopGradient(x: Value): Value {
  return x.graph.node('Identity', [x], [x])[0]!;
}

/** Has the values of `forward` and passes gradients to `backward` unchanged (van den Oord et al. 2017, §3.2). */
export function straightThrough(forward: Value, backward: Value): Value {
  return add(backward, stopGradient(sub(forward, backward)));
}

function binary(operator: string, result?: DType): (a: Operand, b: Operand) => Value {
  return (a, b) => {
    const [x, y] = asValues(operator, a, b) as [Value, Value];
    requireSameType(operator, x, y);
    const type = { dtype: result ?? x.dtype, shape: broadcast(operator, [x, y]) };
    return x.graph.node(operator, [x, y], [type])[0]!;
  };
}

function unary(operator: string, ...allowed: DType[]): (x: Value) => Value {
  return (x) => {
    requireType(operator, x, ...allowed);
    return x.graph.node(operator, [x], [x])[0]!;
  };
}
