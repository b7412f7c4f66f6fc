/** What operators share: numbers as operands, axes counted from the end, broadcasting, integer attributes. */
import type { DType, Shape } from '../dtype.ts';
import { formatShape } from '../dtype.ts';
import type { Attribute, Graph, Value } from '../graph.ts';

/** A plain number stands for a scalar constant of the other operand's type. */
export type Operand = Value | number;

export function int(value: number | boolean): Attribute {
  return { int: Number(value) };
}

export function ints(values: readonly number[]): Attribute {
  return { ints: values };
}

/** A one-dimensional int64 constant: shapes, axes, positions. */
export function int64s(graph: Graph, values: readonly number[]): Value {
  return graph.tensor('int64', [values.length], values);
}

/** At least one of the operands must be a value; it gives graph and type to the numbers. */
export function asValues(operator: string, ...operands: Operand[]): Value[] {
  const model = operands.find((operand) => typeof operand !== 'number');
  if (model === undefined) throw new Error(`${operator}: one of the operands must be a value of a graph`);
  return operands.map((operand) => asValue(model.graph, operand, model.dtype));
}

export function asValue(graph: Graph, operand: Operand, dtype: DType): Value {
  return typeof operand === 'number' ? graph.scalar(operand, dtype) : operand;
}

export function requireType(operator: string, value: Value, ...allowed: DType[]): void {
  if (!allowed.includes(value.dtype))
    throw value.graph.error(operator, `needs ${allowed.join(' or ')}`, [value]);
}

export function requireSameType(operator: string, a: Value, b: Value): void {
  if (a.dtype !== b.dtype) throw a.graph.error(operator, 'the operands differ in type', [a, b]);
}

/** `-1` is the last axis. */
export function axisOf(operator: string, value: Value, axis: number): number {
  const rank = value.shape.length;
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw value.graph.error(operator, `axis ${axis} does not exist`, [value]);
  return axis < 0 ? axis + rank : axis;
}

/** The NumPy rule: sizes are aligned at the end and must be equal or 1. */
export function broadcast(operator: string, values: readonly Value[]): Shape {
  const rank = Math.max(...values.map((value) => value.shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = values.map((value) => value.shape[axis - rank + value.shape.length] ?? 1);
    const size = sizes.find((candidate) => candidate !== 1) ?? 1;
    if (sizes.some((candidate) => candidate !== 1 && candidate !== size))
      throw values[0]!.graph.error(operator, 'the shapes do not broadcast', values);
    return size;
  });
}

/** The axes of `to` along which a value of shape `from` is repeated when it broadcasts to `to`. */
export function repeatedAxes(from: Shape, to: Shape): number[] {
  const offset = to.length - from.length;
  if (offset < 0) throw new Error(`${formatShape(from)} does not broadcast to ${formatShape(to)}`);
  return to.flatMap((size, axis) =>
    axis < offset || (from[axis - offset] === 1 && size !== 1) ? [axis] : [],
  );
}
