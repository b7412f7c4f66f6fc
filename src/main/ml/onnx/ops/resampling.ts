/** Operators that change the resolution of the trailing axes of [N, C, …]: time, height and width of a video. */
import type { Value } from '../graph.ts';
import { ints, requireType } from './operands.ts';
import { reshape, transpose } from './shape.ts';

/** Repeats each element `factors[i]` times along the i-th axis after N and C: nearest-neighbour upsampling. */
export function upsampleNearest(x: Value, factors: readonly number[]): Value {
  requireFactors('Resize', x, factors);
  const shape = [...x.shape.slice(0, 2), ...factors.map((factor, i) => factor * x.shape[i + 2]!)];
  const scales = x.graph.tensor('float32', [x.shape.length], [1, 1, ...factors]);
  return x.graph.node('Resize', [x, null, scales], [{ dtype: x.dtype, shape }], {
    attributes: { mode: { string: 'nearest' } },
  })[0]!;
}

/** Means of blocks of `factors`, which must divide the sizes after N and C. */
export function averagePool(x: Value, factors: readonly number[]): Value {
  requireFactors('AveragePool', x, factors);
  requireDivision('AveragePool', x, factors);
  const shape = [...x.shape.slice(0, 2), ...factors.map((factor, i) => x.shape[i + 2]! / factor)];
  return x.graph.node('AveragePool', [x], [{ dtype: x.dtype, shape }], {
    attributes: { kernel_shape: ints(factors), strides: ints(factors) },
  })[0]!;
}

/** Blocks of `factors` become channels: [N, C, f·S, …] → [N, (f …)·C, S, …]. Undone by `channelsToSpace`. */
export function spaceToChannels(x: Value, factors: readonly number[]): Value {
  requireFactors('Reshape', x, factors);
  requireDivision('Reshape', x, factors);
  const [batch, channels, ...sizes] = x.shape as [number, number, ...number[]];
  const blocks = reshape(x, [
    batch,
    channels,
    ...sizes.flatMap((size, i) => [size / factors[i]!, factors[i]!]),
  ]);
  const inner = factors.map((_, i) => 3 + 2 * i);
  const outer = factors.map((_, i) => 2 + 2 * i);
  const product = factors.reduce((a, b) => a * b, 1);
  return reshape(transpose(blocks, [0, ...inner, 1, ...outer]), [
    batch,
    product * channels,
    ...sizes.map((size, i) => size / factors[i]!),
  ]);
}

/** Channels become blocks: [N, (f …)·C, S, …] → [N, C, f·S, …], as sub-pixel convolutions need it (Shi et al. 2016). */
export function channelsToSpace(x: Value, factors: readonly number[]): Value {
  requireFactors('Reshape', x, factors);
  const [batch, channels, ...sizes] = x.shape as [number, number, ...number[]];
  const kept = channels / factors.reduce((a, b) => a * b, 1);
  const blocks = reshape(x, [batch, ...factors, kept, ...sizes]);
  const rank = factors.length;
  const places = factors.flatMap((_, i) => [rank + 2 + i, 1 + i]);
  return reshape(transpose(blocks, [0, rank + 1, ...places]), [
    batch,
    kept,
    ...sizes.map((size, i) => size * factors[i]!),
  ]);
}

function requireFactors(operator: string, x: Value, factors: readonly number[]): void {
  requireType(operator, x, 'float32');
  const fit =
    factors.length > 0 &&
    factors.length === x.shape.length - 2 &&
    factors.every((factor) => Number.isInteger(factor) && factor > 0);
  if (!fit) throw x.graph.error(operator, 'needs a whole factor for each axis after N and C', [x]);
}

function requireDivision(operator: string, x: Value, factors: readonly number[]): void {
  if (factors.some((factor, i) => x.shape[i + 2]! % factor !== 0))
    throw x.graph.error(operator, `the sizes are no multiples of [${factors.join(', ')}]`, [x]);
}
