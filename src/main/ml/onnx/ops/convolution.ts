/** Convolutions over one, two or three axes after batch and channels, and their transposes. */
import { sameShape } from '../dtype.ts';
import type { Value } from '../graph.ts';
import { add } from './elementwise.ts';
import { int, ints, requireType } from './operands.ts';
import { channelsToSpace } from './resampling.ts';
import { concat, reshape, split, transpose } from './shape.ts';
import { pad, reverse, slices, spread, type Margins } from './slice.ts';

/** All per axis; numbers left out are 1, pads 0. */
export interface ConvOptions {
  strides?: readonly number[];
  /** Zeros before and after; [k − 1, 0] makes an axis causal. */
  pads?: Margins;
  dilations?: readonly number[];
  /** Channels are divided into so many groups, each of which sees itself only. */
  groups?: number;
}

export interface ConvTransposeOptions extends ConvOptions {
  /** Elements more at the end of each axis than (S − 1)·stride + reach − pads, less than the stride. */
  outputPadding?: readonly number[];
}

/** Every option, in the order of the axes. */
export interface Geometry {
  kernel: readonly number[];
  strides: readonly number[];
  pads: Margins;
  dilations: readonly number[];
  groups: number;
}

/**
 * x [N, C, S…] and weight [O, C/groups, k…] → [N, O, S′…] with S′ = ⌊(S + pads − (k − 1)·dilation − 1)/stride⌋ + 1; `bias`
 * [O]. As in neural networks the kernel is not mirrored.
 */
export function conv(x: Value, weight: Value, options: ConvOptions = {}, bias?: Value): Value {
  const geometry = geometryOf('Conv', x, weight, options);
  const [outputs, inputs] = weight.shape as [number, number];
  if (x.shape[1] !== inputs * geometry.groups || outputs % geometry.groups !== 0)
    throw x.graph.error('Conv', 'the channels do not fit', [x, weight]);
  requireBias('Conv', outputs, bias);
  const sizes = geometry.kernel.map((_, i) => {
    const room = x.shape[i + 2]! + geometry.pads[i]![0] + geometry.pads[i]![1] - reachOf(geometry, i);
    return Math.floor(room / geometry.strides[i]!) + 1;
  });
  if (sizes.some((size) => size < 1)) throw x.graph.error('Conv', 'the kernel is larger than x', [x, weight]);
  // WebGPU has no kernel for groups in three dimensions.
  if (x.graph.lowering === 'webgpu' && geometry.groups > 1 && sizes.length === 3)
    return inGroups(x, weight, geometry.groups, bias, (part, kernel, offset) =>
      conv(part, kernel, { ...options, groups: 1 }, offset),
    );
  const shape = [x.shape[0]!, outputs, ...sizes];
  const operands = bias === undefined ? [x, weight] : [x, weight, bias];
  return x.graph.node('Conv', operands, [{ dtype: 'float32', shape }], {
    attributes: geometryAttributes(geometry),
  })[0]!;
}

/**
 * The transpose of `conv`, which spreads each element over a kernel: x [N, C, S…] and weight [C, O/groups, k…] →
 * [N, O, S′…] with S′ = (S − 1)·stride + (k − 1)·dilation + 1 − pads + outputPadding; `bias` [O].
 *
 * ONNX Runtime's own kernel is fast in two dimensions only (`bench/convolution.ts`): in three its last step gathers element
 * by element, and WebGPU has none. A convolution with the mirrored kernel takes its place where strides are 1, and was seven to
 * sixteen times as fast in three dimensions and up to twice in two; in three dimensions with larger strides, one that computes
 * all elements of a block of `strides` as channels was two to four times as fast.
 */
export function convTranspose(
  x: Value,
  weight: Value,
  options: ConvTransposeOptions = {},
  bias?: Value,
): Value {
  const geometry = geometryOf('ConvTranspose', x, weight, options);
  const { strides, pads, groups } = geometry;
  const outputs = weight.shape[1]! * groups;
  if (x.shape[1] !== weight.shape[0] || x.shape[1]! % groups !== 0)
    throw x.graph.error('ConvTranspose', 'the channels do not fit', [x, weight]);
  requireBias('ConvTranspose', outputs, bias);
  const extra = options.outputPadding ?? strides.map(() => 0);
  if (extra.length !== strides.length || extra.some((more, i) => more < 0 || more >= strides[i]!))
    throw x.graph.error('ConvTranspose', 'the output padding must be less than the stride', [x, weight]);
  const sizes = strides.map(
    (stride, i) =>
      (x.shape[i + 2]! - 1) * stride + reachOf(geometry, i) + extra[i]! - pads[i]![0] - pads[i]![1],
  );
  if (sizes.some((size) => size < 1))
    throw x.graph.error('ConvTranspose', 'the pads leave nothing', [x, weight]);

  if (strides.length === 3 || strides.every((stride) => stride === 1)) {
    const result = asConvolution(x, weight, geometry, sizes);
    return bias === undefined ? result : addBias(result, bias);
  }
  // WebGPU's kernel mixes groups up.
  if (x.graph.lowering === 'webgpu' && groups > 1)
    return inGroups(x, weight, groups, bias, (part, kernel, offset) =>
      convTranspose(part, kernel, { ...options, groups: 1 }, offset),
    );
  const operands = bias === undefined ? [x, weight] : [x, weight, bias];
  const shape = [x.shape[0]!, outputs, ...sizes];
  return x.graph.node('ConvTranspose', operands, [{ dtype: 'float32', shape }], {
    attributes: { ...geometryAttributes(geometry), output_padding: ints(extra) },
  })[0]!;
}

/** Cuts the channels of `x` and the kernels into groups, convolves each for itself, and joins the results. */
function inGroups(
  x: Value,
  weight: Value,
  groups: number,
  bias: Value | undefined,
  build: (x: Value, weight: Value, bias: Value | undefined) => Value,
): Value {
  const parts = (value: Value, axis: number) =>
    split(
      value,
      axis,
      Array.from({ length: groups }, () => value.shape[axis]! / groups),
    );
  const [xs, weights] = [parts(x, 1), parts(weight, 0)];
  const biases = bias && parts(bias, 0);
  return concat(
    xs.map((part, i) => build(part, weights[i]!, biases?.[i])),
    1,
  );
}

/**
 * A transposed convolution as a convolution with unit strides. Element u of an axis (counted with the padding) gets
 * Σ weight[t]·x[(u − t)/stride] over the t for which that is whole. For u = stride·a + r these are t = stride·m + r, hence
 * Σ weight[stride·m + r]·x[a − m]: for each r a convolution with a mirrored kernel, and all r as channels of one.
 */
function asConvolution(x: Value, weight: Value, geometry: Geometry, sizes: readonly number[]): Value {
  const { kernel, strides, dilations, groups, pads } = geometry;
  if (strides.some((stride) => stride > 1) && dilations.some((dilation) => dilation > 1)) {
    // The holes of the kernel are made zeros of it.
    const filled = dilations.reduce((part, dilation, i) => spread(part, i + 2, dilation), weight);
    const [wide, ones] = [filled.shape.slice(2), dilations.map(() => 1)];
    return asConvolution(x, filled, { ...geometry, kernel: wide, dilations: ones }, sizes);
  }
  const spatial = kernel.map((_, i) => i + 2);
  const taps = kernel.map((size, i) => Math.ceil(size / strides[i]!));
  const [from, into] = [weight.shape[0]! / groups, weight.shape[1]!];

  // [G · from, into, k…] → [G, from, into, m, r, m, r …] → [G · r… · into, from, m…]
  const whole = pad(weight, [
    [0, 0],
    [0, 0],
    ...kernel.map((k, i): [number, number] => [0, taps[i]! * strides[i]! - k]),
  ]);
  const apart = reshape(whole, [groups, from, into, ...taps.flatMap((count, i) => [count, strides[i]!])]);
  const [ms, rs] = [kernel.map((_, i) => 3 + 2 * i), kernel.map((_, i) => 4 + 2 * i)];
  const block = strides.reduce((product, stride) => product * stride, 1);
  const ordered = reshape(transpose(apart, [0, ...rs, 2, 1, ...ms]), [groups * block * into, from, ...taps]);

  // Whole blocks of padding are left out of the convolution, what remains is cut off.
  const reach = taps.map((count, i) => (count - 1) * dilations[i]!);
  const skipped = reach.map((most, i) => Math.min(most, Math.floor(pads[i]![0] / strides[i]!)));
  const rest = skipped.map((count, i) => pads[i]![0] - count * strides[i]!);
  const margins = kernel.map((_, i): [number, number] => {
    const needed = Math.ceil((rest[i]! + sizes[i]!) / strides[i]!);
    return [reach[i]! - skipped[i]!, Math.max(0, needed - x.shape[i + 2]! + skipped[i]!)];
  });
  const convolved = conv(x, reverse(ordered, spatial), { pads: margins, dilations, groups });
  return slices(
    block === 1 ? convolved : inBlocks(convolved, strides, groups),
    spatial.map((axis, i) => ({ axis, start: rest[i]!, end: rest[i]! + sizes[i]! })),
  );
}

/** Channels (groups, block, rest) → blocks in space. */
function inBlocks(x: Value, strides: readonly number[], groups: number): Value {
  if (groups === 1) return channelsToSpace(x, strides);
  const [batch, channels, ...sizes] = x.shape as [number, number, ...number[]];
  const apart = reshape(x, [batch * groups, channels / groups, ...sizes]);
  const blocks = channelsToSpace(apart, strides);
  return reshape(blocks, [batch, groups * blocks.shape[1]!, ...blocks.shape.slice(2)]);
}

function addBias(x: Value, bias: Value): Value {
  return add(x, reshape(bias, [-1, ...x.shape.slice(2).map(() => 1)]));
}

/** How far the kernel reaches along the axis, holes of the dilation included. */
export function reachOf({ kernel, dilations }: Geometry, axis: number): number {
  return (kernel[axis]! - 1) * dilations[axis]! + 1;
}

function geometryOf(operator: string, x: Value, weight: Value, options: ConvOptions): Geometry {
  for (const operand of [x, weight]) requireType(operator, operand, 'float32');
  const rank = x.shape.length - 2;
  const kernel = weight.shape.slice(2);
  const ones = kernel.map(() => 1);
  const { strides = ones, dilations = ones, groups = 1 } = options;
  const pads = options.pads ?? kernel.map((): [number, number] => [0, 0]);
  const fits =
    rank >= 1 &&
    rank <= 3 &&
    [kernel, strides, dilations, pads].every((values) => values.length === rank) &&
    [...kernel, ...strides, ...dilations, groups].every((value) => Number.isInteger(value) && value > 0) &&
    pads.flat().every((value) => Number.isInteger(value) && value >= 0);
  if (!fits) throw x.graph.error(operator, 'strides, pads or dilations do not fit', [x, weight]);
  return { kernel, strides, pads, dilations, groups };
}

function requireBias(operator: string, channels: number, bias: Value | undefined): void {
  if (bias === undefined) return;
  requireType(operator, bias, 'float32');
  if (!sameShape(bias.shape, [channels]))
    throw bias.graph.error(operator, `needs a bias [${channels}]`, [bias]);
}

function geometryAttributes({ kernel, strides, pads, dilations, groups }: Geometry) {
  return {
    kernel_shape: ints(kernel),
    strides: ints(strides),
    pads: ints([...pads.map(([before]) => before), ...pads.map(([, after]) => after)]),
    dilations: ints(dilations),
    group: int(groups),
  };
}
