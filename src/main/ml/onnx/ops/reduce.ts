/** Reductions along axes, and the normalised exponentials built upon them. */
import type { Value } from '../graph.ts';
import { exp, log, sub } from './elementwise.ts';
import { axisOf, int, int64s, requireType } from './operands.ts';

export interface ReduceOptions {
  /** All axes when left out; `-1` is the last. */
  axes?: readonly number[];
  /** Keep the reduced axes with size 1. */
  keepDims?: boolean;
}

export const reduceSum = reduction('ReduceSum');
export const reduceMean = reduction('ReduceMean');
export const reduceMax = reduction('ReduceMax');
export const reduceMin = reduction('ReduceMin');
export const reduceSumSquare = reduction('ReduceSumSquare');
/** Sum of absolute values. */
export const reduceL1 = reduction('ReduceL1');
/** Root of the sum of squares. */
export const reduceL2 = reduction('ReduceL2');
/** log Σ exp(x), without overflow. */
export const reduceLogSumExp = reduction('ReduceLogSumExp');

export function softmax(x: Value, axis = -1): Value {
  requireType('Softmax', x, 'float32');
  const attributes = { axis: int(axisOf('Softmax', x, axis)) };
  return x.graph.node('Softmax', [x], [x], { attributes })[0]!;
}

/** Logarithm of the softmax; WebGPU has no kernel for it and gets its parts. */
export function logSoftmax(x: Value, axis = -1): Value {
  requireType('LogSoftmax', x, 'float32');
  const along = axisOf('LogSoftmax', x, axis);
  if (x.graph.lowering === 'webgpu') {
    const shifted = sub(x, reduceMax(x, { axes: [along], keepDims: true }));
    return sub(shifted, log(reduceSum(exp(shifted), { axes: [along], keepDims: true })));
  }
  return x.graph.node('LogSoftmax', [x], [x], { attributes: { axis: int(along) } })[0]!;
}

/** Position of the largest element along `axis` (the first of equals), int64; the axis goes away. */
export function argMax(x: Value, axis = -1): Value {
  const along = axisOf('ArgMax', x, axis);
  const shape = x.shape.filter((_, i) => i !== along);
  const attributes = { axis: int(along), keepdims: int(0) };
  return x.graph.node('ArgMax', [x], [{ dtype: 'int64', shape }], { attributes })[0]!;
}

/** The `count` largest elements along the last axis, in falling order, with their positions. */
export function topK(x: Value, count: number): { values: Value; indices: Value } {
  const size = x.shape.at(-1);
  if (size === undefined || count > size) throw x.graph.error('TopK', `cannot take ${count}`, [x]);
  const shape = [...x.shape.slice(0, -1), count];
  const [values, indices] = x.graph.node(
    'TopK',
    [x, int64s(x.graph, [count])],
    [
      { dtype: x.dtype, shape },
      { dtype: 'int64', shape },
    ],
    { attributes: { axis: int(-1) } },
  ) as [Value, Value];
  return { values, indices };
}

/** Running sum along `axis`; from the end when `reverse`. */
export function cumSum(x: Value, axis = -1, reverse = false): Value {
  const along = axisOf('CumSum', x, axis);
  const attributes = { reverse: int(reverse) };
  return x.graph.node('CumSum', [x, x.graph.scalar(along, 'int64')], [x], { attributes })[0]!;
}

function reduction(operator: string): (x: Value, options?: ReduceOptions) => Value {
  return (x, { axes, keepDims = false } = {}) => {
    const reduced = axes?.map((axis) => axisOf(operator, x, axis)) ?? x.shape.map((_, axis) => axis);
    const shape = x.shape.flatMap((size, axis) => (reduced.includes(axis) ? (keepDims ? [1] : []) : [size]));
    return x.graph.node(operator, [x, int64s(x.graph, reduced)], [{ dtype: x.dtype, shape }], {
      attributes: { keepdims: int(keepDims) },
    })[0]!;
  };
}
