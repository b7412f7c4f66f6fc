/** Operators that pick elements by position. */
import type { Shape } from '../dtype.ts';
import { sameShape } from '../dtype.ts';
import type { Graph, Value } from '../graph.ts';
import { cast, equal } from './elementwise.ts';
import { axisOf, int, requireSameType, requireType } from './operands.ts';
import { unsqueeze } from './shape.ts';

/** Slices of `x` along `axis`, e.g. rows of an embedding: [rows, …] and indices of any shape → [indices…, …]. */
export function gather(x: Value, indices: Value, axis = 0): Value {
  const along = axisOf('Gather', x, axis);
  requireType('Gather', indices, 'int64', 'int32');
  const shape = [...x.shape.slice(0, along), ...indices.shape, ...x.shape.slice(along + 1)];
  return x.graph.node('Gather', [x, indices], [{ dtype: x.dtype, shape }], {
    attributes: { axis: int(along) },
  })[0]!;
}

/** Picks along `axis` with an index for each element of the result, which may be shorter along the other axes. */
export function gatherElements(x: Value, indices: Value, axis: number): Value {
  const along = axisOf('GatherElements', x, axis);
  requireType('GatherElements', indices, 'int64', 'int32');
  requireAgreement('GatherElements', x, indices, along);
  return x.graph.node('GatherElements', [x, indices], [{ dtype: x.dtype, shape: indices.shape }], {
    attributes: { axis: int(along) },
  })[0]!;
}

/** A copy of `x` in which the elements at `indices` along `axis` are those of `updates`. Indices must not repeat. */
export function scatterElements(x: Value, indices: Value, updates: Value, axis: number): Value {
  return scatter(x, indices, updates, axis, 'none');
}

/** A copy of `x` with `updates` added to the elements at `indices` along `axis`; indices may repeat. */
export function scatterAdd(x: Value, indices: Value, updates: Value, axis: number): Value {
  return scatter(x, indices, updates, axis, 'add');
}

function scatter(x: Value, indices: Value, updates: Value, axis: number, reduction: 'none' | 'add'): Value {
  requireType('ScatterElements', indices, 'int64', 'int32');
  requireSameType('ScatterElements', x, updates);
  if (!sameShape(indices.shape, updates.shape))
    throw x.graph.error('ScatterElements', 'indices and updates differ in shape', [x, indices, updates]);
  const along = axisOf('ScatterElements', x, axis);
  requireAgreement('ScatterElements', x, indices, along);
  return x.graph.node('ScatterElements', [x, indices, updates], [x], {
    attributes: { axis: int(along), reduction: { string: reduction } },
  })[0]!;
}

/** 1 where the class is the index, else 0: indices of shape S → float32 [S…, classes]. */
export function oneHot(indices: Value, classes: number): Value {
  const range = iota(indices.graph, classes, indices.dtype as 'int64' | 'int32');
  return cast(equal(unsqueeze(indices, [indices.shape.length]), range), 'float32');
}

/** 0, 1, … length-1 as a constant. */
export function iota(
  graph: Graph,
  length: number,
  dtype: 'int64' | 'int32' | 'uint32' | 'float32' = 'int64',
): Value {
  return graph.tensor(
    dtype,
    [length],
    Array.from({ length }, (_, i) => i),
  );
}

export function fill(graph: Graph, shape: Shape, value: number): Value {
  const size = shape.reduce((product, part) => product * part, 1);
  return graph.constant('float32', shape, new Float32Array(size).fill(value));
}

function requireAgreement(operator: string, x: Value, indices: Value, along: number): void {
  const agree =
    indices.shape.length === x.shape.length &&
    indices.shape.every((size, axis) => axis === along || size <= x.shape[axis]!);
  if (!agree) throw x.graph.error(operator, 'the indices do not fit', [x, indices]);
}
