/** Cases of convolutions in one to three dimensions, with all that can be set, and of changes of resolution. */
import fc from 'fast-check';
import * as op from '#main/ml/onnx/ops.ts';
import { operand, seed, type RuleCases } from './draw.ts';

interface Axis {
  kernel: number;
  stride: number;
  dilation: number;
  /** Padding. */
  before: number;
  after: number;
  /** Places to which the kernel can move. */
  room: number;
}

const upTo = (max: number) => fc.integer({ min: 1, max });

const axis: fc.Arbitrary<Axis> = fc.record({
  kernel: upTo(3),
  stride: upTo(2),
  dilation: upTo(2),
  before: fc.nat(2),
  after: fc.nat(2),
  room: fc.nat(2),
});

const convolution = fc.record({
  axes: fc.array(axis, { minLength: 1, maxLength: 3 }),
  batch: upTo(2),
  groups: upTo(2),
  inputs: upTo(2),
  outputs: upTo(2),
  hasBias: fc.boolean(),
  seed,
});

const reach = ({ kernel, dilation }: Axis) => (kernel - 1) * dilation + 1;

function options(axes: readonly Axis[], groups: number) {
  return {
    strides: axes.map(({ stride }) => stride),
    dilations: axes.map(({ dilation }) => dilation),
    pads: axes.map(({ before, after }): [number, number] => [before, after]),
    groups,
  };
}

/** Two channels, sizes and factors of one to three axes. */
const resolution = fc.tuple(fc.array(fc.tuple(upTo(2), upTo(3)), { minLength: 1, maxLength: 3 }), seed);

export const convolutionCases: RuleCases = {
  Conv: convolution.map(({ axes, batch, groups, inputs, outputs, hasBias, seed }) => {
    const sizes = axes.map((axis) => Math.max(1, reach(axis) + axis.room - axis.before - axis.after));
    return {
      operands: [
        operand([batch, groups * inputs, ...sizes], seed),
        operand([groups * outputs, inputs, ...axes.map(({ kernel }) => kernel)], seed + 1),
        operand([groups * outputs], seed + 2),
      ].slice(0, hasBias ? 3 : 2),
      build: (_, [x, weight, bias]) => op.conv(x!, weight!, options(axes, groups), bias),
    };
  }),
  // Strides in at most two dimensions keep the operator; otherwise it becomes a convolution, and that is tried as well.
  ConvTranspose: convolution.map(({ axes, batch, groups, inputs, outputs, hasBias, seed }) => {
    // As many places as the padding takes away, and one more.
    const sizes = axes.map((axis) => {
      const { stride, before, after, room } = axis;
      return 1 + room + Math.ceil(Math.max(0, before + after + 1 - reach(axis)) / stride);
    });
    return {
      operands: [
        operand([batch, groups * inputs, ...sizes], seed),
        operand([groups * inputs, outputs, ...axes.map(({ kernel }) => kernel)], seed + 1),
        operand([groups * outputs], seed + 2),
      ].slice(0, hasBias ? 3 : 2),
      build: (_, [x, weight, bias]) => {
        const outputPadding = axes.map(({ stride }, i) => (seed + i) % stride);
        return op.convTranspose(x!, weight!, { ...options(axes, groups), outputPadding }, bias);
      },
    };
  }),
  Resize: resolution.map(([axes, seed]) => ({
    operands: [operand([1, 2, ...axes.map(([size]) => size)], seed)],
    build: (_, [x]) =>
      op.upsampleNearest(
        x!,
        axes.map(([, factor]) => factor),
      ),
  })),
  AveragePool: resolution.map(([axes, seed]) => ({
    operands: [operand([1, 2, ...axes.map(([size, factor]) => size * factor)], seed)],
    build: (_, [x]) =>
      op.averagePool(
        x!,
        axes.map(([, factor]) => factor),
      ),
  })),
};
