/** What the tokenizer is trained to make small: the distance between pixels and what comes back of them. */
import { sizeOf } from '../onnx/dtype.ts';
import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import type { PatchValues } from './model.ts';

/** Share of the absolute error: squares find colours and shapes quickly, absolute values sharpen edges. */
const ABSOLUTE_WEIGHT = 0.3;
/** Rounds the tip of the absolute value (Charbonnier): smooth at 0, and made of kernels that every device has. */
const TIP = 1e-6;

/** Scalar; mean over all pixels of the batch, values -1 … 1. */
export function reconstructionLoss(original: PatchValues, copy: PatchValues): Value {
  const parts = differences(original, copy);
  const sums = parts.map((part) => {
    const squares = op.square(part);
    const absolute = op.sqrt(op.add(squares, TIP));
    return op.reduceSum(op.add(squares, op.mul(absolute, ABSOLUTE_WEIGHT)));
  });
  return op.mul(sums.reduce(op.add), 1 / valuesIn(parts));
}

/** Mean squared error of each clip, [B], of values -1 … 1. */
export function clipErrors(original: PatchValues, copy: PatchValues): Value {
  const parts = differences(original, copy);
  const sums = parts.map((part) => op.reduceSum(op.square(part), { axes: [1, 2] }));
  return op.mul(sums.reduce(op.add), original.first.shape[0]! / valuesIn(parts));
}

function differences(a: PatchValues, b: PatchValues): Value[] {
  const first = op.sub(b.first, a.first);
  return a.later && b.later ? [first, op.sub(b.later, a.later)] : [first];
}

const valuesIn = (parts: readonly Value[]) => parts.reduce((sum, part) => sum + sizeOf(part.shape), 0);
