/** Cases of reductions, normalised exponentials and normalisations. */
import fc from 'fast-check';
import * as op from '#main/ml/onnx/ops.ts';
import { alongAxis, distinct, operand, positive, seed, shape, unary, type RuleCases } from './draw.ts';

/** Rows wide enough to have a variance. */
const rows = fc.tuple(shape, fc.integer({ min: 2, max: 5 }), seed);

export const reduceCases: RuleCases = {
  ReduceSum: alongAxis((x, axis) => op.reduceSum(x, { axes: [axis] })),
  ReduceMean: alongAxis((x, axis) => op.mul(x, op.reduceMean(x, { axes: [axis], keepDims: true }))),
  ReduceSumSquare: alongAxis((x, axis) => op.reduceSumSquare(x, { axes: [axis] })),
  ReduceMax: alongAxis((x, axis) => op.reduceMax(x, { axes: [axis] }), distinct),
  Softmax: unary(op.softmax),
  LogSoftmax: unary(op.logSoftmax),
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
