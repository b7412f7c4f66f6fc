/** Layers of convolutional video models, over x [N, C, T, H, W]. */
import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';

export interface CausalConvOptions {
  /** Of time, height and width. */
  strides?: readonly [number, number, number];
  /** What stands before the first frame: black, or the first frame itself. */
  past?: 'zeros' | 'repeat';
}

/**
 * A convolution in which a frame sees itself and those before it, so that the first alone is a still image (Yu et al. 2023,
 * §3.1). weight [O, C, kT, kH, kW] with odd kH and kW, bias [O] → [N, O, ⌈T/sT⌉, ⌈H/sH⌉, ⌈W/sW⌉].
 */
export function causalConv(
  x_NCTHW: Value,
  weight: Value,
  bias?: Value,
  { strides = [1, 1, 1], past = 'zeros' }: CausalConvOptions = {},
): Value {
  const [frames, height, width] = weight.shape.slice(2) as [number, number, number];
  const before = frames - 1;
  const extended =
    past === 'zeros'
      ? x_NCTHW
      : op.padEdge(
          x_NCTHW,
          x_NCTHW.shape.map((_, axis) => [axis === 2 ? before : 0, 0]),
        );
  const around = (size: number): [number, number] => [(size - 1) / 2, (size - 1) / 2];
  const pads: [number, number][] = [[past === 'zeros' ? before : 0, 0], around(height), around(width)];
  return op.conv(extended, weight, { strides, pads }, bias);
}

/**
 * Normalisation over groups of channels and all places of x [N, C, …] (Wu and He 2018); `gain` and `bias` [C]. Made of parts:
 * ONNX Runtime's kernel for a single instance is not faster (and keeps no statistics for the gradient).
 */
export function groupNorm(x: Value, groups: number, gain: Value, bias: Value, epsilon = 1e-5): Value {
  const [batch, channels, ...places] = x.shape as [number, number, ...number[]];
  const rows = op.reshape(x, [batch, groups, -1]);
  const centred = op.sub(rows, op.reduceMean(rows, { axes: [-1], keepDims: true }));
  const variance = op.reduceMean(op.square(centred), { axes: [-1], keepDims: true });
  const normed = op.mul(centred, op.reciprocal(op.sqrt(op.add(variance, epsilon))));
  const perChannel = [channels, ...places.map(() => 1)];
  return op.add(
    op.mul(op.reshape(normed, x.shape), op.reshape(gain, perChannel)),
    op.reshape(bias, perChannel),
  );
}
