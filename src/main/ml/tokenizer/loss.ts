/** What the tokenizer is trained to make small: the distance between pixels and what comes back of them. */
import { sizeOf } from '../onnx/dtype.ts';
import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import type { PatchValues } from './model.ts';
import { CHANNELS, type TokenizerShape } from './shape.ts';

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

/** Side of the windows in which structure is compared; patches that it does not divide are one window. */
const WINDOW = 4;
/** Of Wang et al. 2004, for values that span 2. */
const C1 = (0.01 * 2) ** 2;
const C2 = (0.03 * 2) ** 2;

/**
 * 1 − SSIM (Wang et al. 2004), scalar, 0 … 2: how far light, contrast and structure of small windows differ. Unlike in the
 * measure, windows do not overlap, lie inside of patches, weigh their pixels alike, and each colour has its own.
 */
export function structureLoss(original: PatchValues, copy: PatchValues, { strideS }: TokenizerShape): Value {
  const side = strideS % WINDOW === 0 ? WINDOW : strideS;
  const windows = (patches: Value) => {
    const rows = sizeOf(patches.shape) / (strideS * strideS * CHANNELS);
    return op.reshape(patches, [rows, strideS / side, side, strideS / side, side, CHANNELS]);
  };
  const mean = (x: Value) => op.reduceMean(x, { axes: [2, 4] });
  const pairs = [[original.first, copy.first] as const];
  if (original.later && copy.later) pairs.push([original.later, copy.later]);
  const sums = pairs.map(([a, b]) => {
    const [x, y] = [windows(a), windows(b)];
    const [meanX, meanY] = [mean(x), mean(y)];
    const [squareX, squareY, product] = [op.square(meanX), op.square(meanY), op.mul(meanX, meanY)];
    const variances = op.sub(mean(op.add(op.square(x), op.square(y))), op.add(squareX, squareY));
    const covariance = op.sub(mean(op.mul(x, y)), product);
    const above = op.mul(op.add(op.mul(product, 2), C1), op.add(op.mul(covariance, 2), C2));
    const below = op.mul(op.add(op.add(squareX, squareY), C1), op.add(variances, C2));
    const similarity = op.div(above, below);
    return { sum: op.reduceSum(similarity), count: sizeOf(similarity.shape) };
  });
  const count = sums.reduce((total, part) => total + part.count, 0);
  return op.sub(1, op.mul(sums.map(({ sum }) => sum).reduce(op.add), 1 / count));
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
