/** Gradient rules of convolutions: the gradient of the input is the transposed operator, that of the weight a sum of matrix products. */
import type { GraphNode, Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/ops.ts';
import type { Geometry } from '../../onnx/ops/convolution.ts';
import { reachOf } from '../../onnx/ops/convolution.ts';
import { input, intAttribute, intsAttribute, type Rule } from '../rule.ts';

export const convolutionRules: Record<string, Rule> = {
  Conv: (dy, node) => {
    const [x, weight] = [input(node, 0), input(node, 1)];
    const geometry = geometryOf(node);
    return [
      () => op.convTranspose(dy, weight, { ...geometry, outputPadding: unseen(x, dy, geometry) }),
      () => weightGradient(x, dy, geometry),
      () => channelSums(dy),
    ];
  },
  // The operator is linear and its weight is laid out as that of the convolution it transposes, so the two trade places.
  ConvTranspose: (dy, node) => {
    const [x, weight] = [input(node, 0), input(node, 1)];
    const geometry = geometryOf(node);
    return [
      () => op.conv(dy, weight, geometry),
      () => weightGradient(dy, x, geometry),
      () => channelSums(dy),
    ];
  },
};

/** Elements at the end of each axis that no step of the kernel reaches, because the stride does not divide. */
function unseen(x: Value, dy: Value, geometry: Geometry): number[] {
  return geometry.kernel.map((_, i) => {
    const [before, after] = geometry.pads[i]!;
    const seen = (dy.shape[i + 2]! - 1) * geometry.strides[i]! + reachOf(geometry, i);
    return x.shape[i + 2]! + before + after - seen;
  });
}

/**
 * Of y = conv(x, weight), [O, C/groups, k…]: for each tap of the kernel, the product of dy with the elements of x that the
 * tap saw. `bench/convolution.ts` compares it with a convolution of x by dy, in which the batch plays the channels: that is
 * two to four times slower, for its kernel is as large as a picture. With a stride, the elements of a tap lie apart in a
 * row, and picking whole rows of channels is up to twice as fast.
 */
function weightGradient(x: Value, dy: Value, geometry: Geometry): Value {
  const padded = op.pad(x, [[0, 0], [0, 0], ...geometry.pads]);
  const channelsLast = geometry.groups === 1 && geometry.strides.some((stride) => stride > 1);
  return channelsLast ? productsOfRows(padded, dy, geometry) : productsOfPlanes(padded, dy, geometry);
}

/** A product for each element of the batch and each group, over all places. */
function productsOfPlanes(x: Value, dy: Value, geometry: Geometry): Value {
  const { groups, kernel } = geometry;
  const [batch, outputs] = dy.shape as [number, number];
  const inputs = x.shape[1]! / groups;
  const dy_NGOP = op.reshape(dy, [batch, groups, outputs / groups, -1]);
  const products = taps(kernel).map((tap) => {
    const x_NGCP = op.reshape(seenBy(tap, x, 2, dy, geometry), [batch, groups, inputs, -1]);
    return op.matmul(dy_NGOP, x_NGCP, { transB: true });
  });
  const all = op.reshape(op.concat(products, 0), [products.length, batch, outputs, inputs]);
  return op.reshape(op.transpose(op.reduceSum(all, { axes: [1] }), [1, 2, 0]), [outputs, inputs, ...kernel]);
}

/** A product over all places of the batch, with channels as the last axis. */
function productsOfRows(x: Value, dy: Value, geometry: Geometry): Value {
  const { kernel } = geometry;
  const [outputs, inputs] = [dy.shape[1]!, x.shape[1]!];
  const last = [0, ...kernel.map((_, i) => i + 2), 1];
  const x_NSC = op.transpose(x, last);
  const dy_PO = op.reshape(op.transpose(dy, last), [-1, outputs]);
  const products = taps(kernel).map((tap) => {
    const x_PC = op.reshape(seenBy(tap, x_NSC, 1, dy, geometry), [-1, inputs]);
    return op.unsqueeze(op.matmul(dy_PO, x_PC, { transA: true }), [2]);
  });
  return op.reshape(op.concat(products, 2), [outputs, inputs, ...kernel]);
}

/** The elements of x, padded and with its spatial axes from `first` on, that a tap of the kernel meets as it moves. */
function seenBy(tap: readonly number[], x: Value, first: number, dy: Value, geometry: Geometry): Value {
  return op.slices(
    x,
    tap.map((place, i) => {
      const [start, step] = [place * geometry.dilations[i]!, geometry.strides[i]!];
      return { axis: first + i, start, end: start + (dy.shape[i + 2]! - 1) * step + 1, step };
    }),
  );
}

/** Places of a kernel, the last axis running fastest. */
function taps([size, ...rest]: readonly number[]): number[][] {
  if (size === undefined) return [[]];
  return Array.from({ length: size }, (_, place) => place).flatMap((place) =>
    taps(rest).map((others) => [place, ...others]),
  );
}

function channelSums(dy: Value): Value {
  return op.reduceSum(dy, { axes: dy.shape.map((_, axis) => axis).filter((axis) => axis !== 1) });
}

function geometryOf(node: GraphNode): Geometry {
  const pads = intsAttribute(node, 'pads');
  const rank = pads.length / 2;
  return {
    kernel: intsAttribute(node, 'kernel_shape'),
    strides: intsAttribute(node, 'strides'),
    pads: Array.from({ length: rank }, (_, i): [number, number] => [pads[i]!, pads[rank + i]!]),
    dilations: intsAttribute(node, 'dilations'),
    groups: intAttribute(node, 'group', 1),
  };
}
