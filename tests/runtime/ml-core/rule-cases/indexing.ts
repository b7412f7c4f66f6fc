/** Cases of operators that pick elements by position: along any axis, with repetitions. */
import fc from 'fast-check';
import type { Shape } from '#main/ml/onnx/dtype.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { operand, positions, seed, shape, size, type RuleCases } from './draw.ts';

/** A shape, an axis of it, and how many elements are picked along it. */
const picking = fc.tuple(shape, fc.nat(2), size, seed).map(([shape, drawn, count, seed]) => {
  const axis = drawn % shape.length;
  const picked = shape.map((size, i) => (i === axis ? count : size));
  return { shape, axis, limit: shape[axis]!, picked, seed };
});

/** The same, shorter along the other axes where that is possible. */
const shorter = (picked: Shape, axis: number) => picked.map((n, i) => (i === axis ? n : Math.max(1, n - 1)));

export const indexingCases: RuleCases = {
  Gather: picking.map(({ shape, axis, limit, seed }) => ({
    operands: [operand(shape, seed)],
    build: (graph, [x]) => op.gather(x!, positions(graph, [2, 3], limit, seed), axis),
  })),
  GatherElements: fc.tuple(picking, fc.boolean()).map(([{ shape, axis, limit, picked, seed }, whole]) => ({
    operands: [operand(shape, seed)],
    build: (graph, [x]) => {
      const indices = positions(graph, whole ? picked : shorter(picked, axis), limit, seed);
      return op.gatherElements(x!, indices, axis);
    },
  })),
  // Added where an index repeats; set where there is one a row.
  ScatterElements: fc.tuple(picking, fc.boolean()).map(([{ shape, axis, limit, picked, seed }, add]) => {
    const updated = add ? picked : picked.map((n, i) => (i === axis ? 1 : n));
    return {
      operands: [operand(shape, seed), operand(updated, seed + 1)],
      build: (graph, [x, updates]) => {
        const scatter = add ? op.scatterAdd : op.scatterElements;
        return scatter(x!, positions(graph, updated, limit, seed), updates!, axis);
      },
    };
  }),
};
