/** Operators that cut pieces out along axes, and those that add margins. */
import type { Value } from '../graph.ts';
import { asValue, axisOf, int64s } from './operands.ts';
import { concat, reshape, split, unsqueeze } from './shape.ts';

/** Every `step`-th element from `start` up to, but not including, `end`; negative positions count from the end. */
export interface Cut {
  axis: number;
  /** The first element when left out, or the last if `step` is negative. */
  start?: number;
  /** Past the last element when left out, or before the first if `step` is negative. */
  end?: number;
  /** Negative steps go backwards. */
  step?: number;
}

/** Before and after, along each axis. */
export type Margins = readonly (readonly [number, number])[];

/** One cut: `slice(x, 1, 2, 5)` are the elements 2, 3 and 4 of axis 1. */
export function slice(x: Value, axis: number, start?: number, end?: number, step?: number): Value {
  return slices(x, [{ axis, start, end, step }]);
}

/**
 * Cuts along several axes at once. WebGPU has no kernel that slices integers, but one that splits them, which serves for
 * a single cut without steps.
 */
export function slices(x: Value, cuts: readonly Cut[]): Value {
  const parts = cuts
    .map((cut) => resolve(x, cut))
    .filter(({ axis, count, step }) => {
      return step < 0 || count !== x.shape[axis]!;
    });
  if (parts.length === 0) return x;
  const [{ axis, start, end, step, count }] = parts as [Part];
  if (
    x.graph.lowering === 'webgpu' &&
    x.dtype !== 'float32' &&
    parts.length === 1 &&
    step === 1 &&
    count > 0
  ) {
    const sizes = [start, count, x.shape[axis]! - end].filter((size) => size > 0);
    return split(x, axis, sizes)[start === 0 ? 0 : 1]!;
  }
  // WebGPU's kernel goes backwards through whole axes only: what is to be turned is cut out first.
  const turned = parts.filter(({ axis, start, end, step, count }) => {
    return step < 0 && count > 0 && (start < x.shape[axis]! - 1 || end >= 0);
  });
  if (x.graph.lowering === 'webgpu' && turned.length > 0) {
    const stretches = turned.map(({ axis, start, step, count }) => {
      return { axis, start: start + (count - 1) * step, end: start + 1 };
    });
    const rest = parts.map((part) => (turned.includes(part) ? { axis: part.axis, step: part.step } : part));
    return slices(slices(x, stretches), rest);
  }
  const shape = [...x.shape];
  for (const part of parts) shape[part.axis] = part.count;
  const inputs = (['start', 'end', 'axis', 'step'] as const).map((field) =>
    int64s(
      x.graph,
      parts.map((part) => part[field]),
    ),
  );
  return x.graph.node('Slice', [x, ...inputs], [{ dtype: x.dtype, shape }])[0]!;
}

/** The elements in the opposite order along these axes. */
export function reverse(x: Value, axes: readonly number[]): Value {
  return slices(
    x,
    axes.map((axis) => ({ axis, step: -1 })),
  );
}

/** Adds elements of `value` before and after along each axis. */
export function pad(x: Value, margins: Margins, value = 0): Value {
  requireMargins(x, margins, () => Infinity);
  if (margins.flat().every((margin) => margin === 0)) return x;
  const shape = x.shape.map((size, axis) => margins[axis]![0] + size + margins[axis]![1]);
  const pads = int64s(x.graph, [...margins.map(([before]) => before), ...margins.map(([, after]) => after)]);
  return x.graph.node('Pad', [x, pads, asValue(x.graph, value, x.dtype)], [{ dtype: x.dtype, shape }])[0]!;
}

/** Puts `step - 1` zeros between the elements of an axis. */
export function spread(x: Value, axis: number, step: number): Value {
  const count = x.shape[axis]!;
  if (step === 1 || count < 2) return x;
  const apart = unsqueeze(x, [axis + 1]);
  const gaps = apart.shape.map((_, i): [number, number] => [0, i === axis + 1 ? step - 1 : 0]);
  const joined = [...x.shape.slice(0, axis), count * step, ...x.shape.slice(axis + 1)];
  return slice(reshape(pad(apart, gaps), joined), axis, 0, (count - 1) * step + 1);
}

/** Repeats the first and the last element of each axis. */
export function padEdge(x: Value, margins: Margins): Value {
  requireMargins(x, margins, (size) => (size > 0 ? Infinity : 0));
  return margins.reduce((part, [before, after], axis) => {
    const first = Array.from({ length: before }, () => slice(part, axis, 0, 1));
    const last = Array.from({ length: after }, () => slice(part, axis, -1));
    return concat([...first, part, ...last], axis);
  }, x);
}

/** Mirrors each axis at its first and its last element, which are not repeated; margins must be less than the size. */
export function padReflect(x: Value, margins: Margins): Value {
  requireMargins(x, margins, (size) => size - 1);
  return margins.reduce((part, [before, after], axis) => {
    const parts = [part];
    if (before > 0) parts.unshift(slice(part, axis, before, 0, -1));
    if (after > 0) parts.push(slice(part, axis, -2, part.shape[axis]! - 2 - after, -1));
    return concat(parts, axis);
  }, x);
}

interface Part {
  axis: number;
  start: number;
  end: number;
  step: number;
  count: number;
}

/** Positions as ONNX wants them: an end before the first element is `-size - 1`. */
function resolve(x: Value, { axis, start, end, step = 1 }: Cut): Part {
  const along = axisOf('Slice', x, axis);
  const size = x.shape[along]!;
  const place = (position: number) => (position < 0 ? position + size : position);
  const from = place(start ?? (step > 0 ? 0 : size - 1));
  const to = end === undefined ? (step > 0 ? size : -1) : place(end);
  const inside = step > 0 ? from >= 0 && from <= to && to <= size : from < size && from >= to && to >= -1;
  if (!inside || !Number.isInteger(step) || step === 0)
    throw x.graph.error('Slice', `no elements ${from}…${to} by ${step} along axis ${axis}`, [x]);
  const count = Math.ceil((to - from) / step);
  return { axis: along, start: from, end: to < 0 ? -size - 1 : to, step, count };
}

function requireMargins(x: Value, margins: Margins, most: (size: number) => number): void {
  const fits =
    margins.length === x.shape.length &&
    margins.every((pair, axis) => pair.every((margin) => margin >= 0 && margin <= most(x.shape[axis]!)));
  if (!fits) throw x.graph.error('Pad', 'needs amounts ≥ 0 that fit before and after for each axis', [x]);
}
