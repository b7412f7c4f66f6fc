/** Operators that move elements around without changing them. */
import type { Shape } from '../dtype.ts';
import { formatShape, sameShape, sizeOf } from '../dtype.ts';
import type { Value } from '../graph.ts';
import { axisOf, broadcast, int, int64s, ints, requireSameType } from './operands.ts';

/** One size may be -1: it takes what is left. */
export function reshape(x: Value, shape: Shape): Value {
  const known = shape.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const target = shape.map((size) => (size === -1 ? sizeOf(x.shape) / known : size));
  const whole = target.every((size) => Number.isInteger(size) && size >= 0);
  if (!whole || sizeOf(target) !== sizeOf(x.shape) || shape.filter((size) => size === -1).length > 1)
    throw x.graph.error('Reshape', `cannot take the shape ${formatShape(shape)}`, [x]);
  if (sameShape(target, x.shape)) return x;
  return x.graph.node('Reshape', [x, int64s(x.graph, target)], [{ dtype: x.dtype, shape: target }], {
    attributes: { allowzero: int(1) },
  })[0]!;
}

/** Axis `i` of the result is axis `order[i]` of `x`. */
export function transpose(x: Value, order: readonly number[]): Value {
  if (order.length !== x.shape.length || !x.shape.every((_, axis) => order.includes(axis)))
    throw x.graph.error('Transpose', `[${order.join(', ')}] is no order of the axes`, [x]);
  if (order.every((from, to) => from === to)) return x;
  const shape = order.map((axis) => x.shape[axis]!);
  return x.graph.node('Transpose', [x], [{ dtype: x.dtype, shape }], {
    attributes: { perm: ints(order) },
  })[0]!;
}

/** Adds axes of size 1, at these places of the result. */
export function unsqueeze(x: Value, axes: readonly number[]): Value {
  const shape = [...x.shape];
  for (const axis of [...axes].sort((a, b) => a - b)) shape.splice(axis, 0, 1);
  return reshape(x, shape);
}

/** Takes away axes of size 1. */
export function squeeze(x: Value, axes: readonly number[]): Value {
  return reshape(
    x,
    x.shape.filter((_, axis) => !axes.includes(axis)),
  );
}

export function expand(x: Value, shape: Shape): Value {
  const target = { graph: x.graph, name: 'target', dtype: x.dtype, shape, producer: undefined };
  if (!sameShape(broadcast('Expand', [x, target]), shape))
    throw x.graph.error('Expand', `cannot expand to ${formatShape(shape)}`, [x]);
  if (sameShape(x.shape, shape)) return x;
  return x.graph.node('Expand', [x, int64s(x.graph, shape)], [{ dtype: x.dtype, shape }])[0]!;
}

export function concat(values: readonly Value[], axis: number): Value {
  const first = values[0];
  if (first === undefined) throw new Error('Concat: needs at least one value');
  if (values.length === 1) return first;
  const along = axisOf('Concat', first, axis);
  for (const value of values) {
    requireSameType('Concat', first, value);
    const fits =
      value.shape.length === first.shape.length &&
      value.shape.every((size, i) => i === along || size === first.shape[i]);
    if (!fits) throw first.graph.error('Concat', `the shapes differ beside axis ${axis}`, values);
  }
  const total = values.reduce((sum, value) => sum + value.shape[along]!, 0);
  const shape = first.shape.map((size, i) => (i === along ? total : size));
  return first.graph.node('Concat', values, [{ dtype: first.dtype, shape }], {
    attributes: { axis: int(along) },
  })[0]!;
}

/** Cuts `x` along `axis` into parts of these sizes. */
export function split(x: Value, axis: number, sizes: readonly number[]): Value[] {
  const along = axisOf('Split', x, axis);
  if (sizes.reduce((sum, size) => sum + size, 0) !== x.shape[along])
    throw x.graph.error('Split', `the parts [${sizes.join(', ')}] do not fill axis ${axis}`, [x]);
  if (sizes.length === 1) return [x];
  const types = sizes.map((part) => ({
    dtype: x.dtype,
    shape: x.shape.map((size, i) => (i === along ? part : size)),
  }));
  return [...x.graph.node('Split', [x, int64s(x.graph, sizes)], types, { attributes: { axis: int(along) } })];
}

/** Repeats `x` along each axis, whole after whole: `counts[axis]` times. */
export function tile(x: Value, counts: readonly number[]): Value {
  if (counts.length !== x.shape.length || counts.some((count) => !Number.isInteger(count) || count < 1))
    throw x.graph.error('Tile', `cannot be repeated ${formatShape(counts)} times`, [x]);
  const apart = x.shape.flatMap((size) => [1, size]);
  const repeated = x.shape.flatMap((size, axis) => [counts[axis]!, size]);
  const whole = x.shape.map((size, axis) => size * counts[axis]!);
  return reshape(expand(reshape(x, apart), repeated), whole);
}
