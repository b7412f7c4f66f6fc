/** Cases of operators that pick elements by position. */
import fc from 'fast-check';
import * as op from '#main/ml/onnx/ops.ts';
import { operand, positions, seed, size, type RuleCases } from './draw.ts';

export const indexingCases: RuleCases = {
  Gather: fc.tuple(size, size, seed).map(([rows, width, seed]) => ({
    operands: [operand([rows, width], seed)],
    build: (graph, [table]) => op.gather(table!, positions(graph, [2, 3], rows, seed)),
  })),
  GatherElements: fc.tuple(size, size, seed).map(([rows, classes, seed]) => ({
    operands: [operand([rows, classes], seed)],
    build: (graph, [x]) => op.gatherElements(x!, positions(graph, [rows, 1], classes, seed), 1),
  })),
  ScatterElements: fc.tuple(size, size, seed).map(([rows, classes, seed]) => ({
    operands: [operand([rows, classes], seed), operand([rows, 1], seed + 1)],
    build: (graph, [x, updates]) =>
      op.scatterElements(x!, positions(graph, [rows, 1], classes, seed), updates!, 1),
  })),
};
