/** Cases of reductions, normalised exponentials and normalisations. */
import fc from 'fast-check';
import type { Value } from '#main/ml/onnx/graph.ts';
import * as op from '#main/ml/onnx/ops.ts';
import {
  alongAxis,
  distinct,
  grid,
  operand,
  positive,
  real,
  seed,
  shape,
  type Draw,
  type RuleCase,
  type RuleCases,
} from './draw.ts';

/** Rows wide enough to have a variance. */
const rows = fc.tuple(shape, fc.integer({ min: 2, max: 5 }), seed);

/** Any subset of the axes, or all by default; kept or not. The result meets x again, so that a wrong place shows. */
function reduction(
  reduce: (x: Value, options: op.ReduceOptions) => Value,
  draw: Draw = real,
): fc.Arbitrary<RuleCase> {
  const options = fc.record({ chosen: fc.option(fc.subarray([0, 1, 2])), keepDims: fc.boolean() });
  return fc.tuple(shape, options, seed).map(([shape, { chosen, keepDims }, seed]) => ({
    operands: [operand(shape, seed, draw)],
    build: (_, [x]) => {
      const axes = chosen?.filter((axis) => axis < shape.length);
      const reduced = axes && axes.length > 0 ? reduce(x!, { axes, keepDims }) : reduce(x!, { keepDims });
      return keepDims ? op.mul(reduced, op.exp(x!)) : reduced;
    },
  }));
}

export const reduceCases: RuleCases = {
  ReduceSum: reduction(op.reduceSum),
  ReduceMean: reduction(op.reduceMean),
  ReduceSumSquare: reduction(op.reduceSumSquare),
  ReduceMax: reduction(op.reduceMax, distinct),
  ReduceMin: reduction(op.reduceMin, distinct),
  ReduceL1: reduction(op.reduceL1, grid(0.2)),
  ReduceL2: reduction(op.reduceL2, positive),
  ReduceLogSumExp: reduction(op.reduceLogSumExp),
  Softmax: alongAxis(op.softmax),
  LogSoftmax: alongAxis(op.logSoftmax),
  CumSum: fc.boolean().chain((reverse) => alongAxis((x, axis) => op.cumSum(x, axis, reverse))),
  SimplifiedLayerNormalization: rows.map(([batch, width, seed]) => ({
    operands: [operand([...batch, width], seed), operand([width], seed + 1, positive)],
    build: (_, [x, gain]) => op.rmsNormalization(x!, gain!, 0.1),
  })),
  LayerNormalization: rows.map(([batch, width, seed]) => ({
    operands: [
      operand([...batch, width], seed),
      operand([width], seed + 1, positive),
      operand([width], seed + 2),
    ],
    build: (_, [x, gain, bias]) => op.layerNormalization(x!, gain!, bias!, 0.1),
  })),
};
