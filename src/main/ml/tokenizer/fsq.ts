/**
 * Finite scalar quantization (Mentzer et al. 2023, arXiv:2309.15505): each latent channel is squashed into a small range and
 * rounded to one of a few levels. All combinations of levels are the codebook; nothing about it is learned.
 */
import type { Graph, Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';

export type Levels = readonly number[];

/** Keeps the outermost levels reachable: tanh alone would only approach them. */
const EPSILON = 1e-3;

/** Number of entries of the codebook. */
export const codebookSize = (levels: Levels) => levels.reduce((product, count) => product * count, 1);

/** Each channel's level, 0 … count-1; the first channel changes fastest. */
export function levelsOfIndex(index: number, levels: Levels): number[] {
  let rest = index;
  return levels.map((count) => {
    const level = rest % count;
    rest = Math.floor(rest / count);
    return level;
  });
}

export function indexOfLevels(level: readonly number[], levels: Levels): number {
  return levels.reduceRight((index, count, channel) => index * count + level[channel]!, 0);
}

/**
 * What the decoder sees of an index: levels spread over [-1, 1], with a level at 0. An even count has one level more below 0
 * than above, as in the paper.
 */
export function codeOfIndex(index: number, levels: Levels): number[] {
  return levelsOfIndex(index, levels).map((level, channel) => {
    const half = Math.floor(levels[channel]! / 2);
    return (level - half) / half;
  });
}

/** Latents [..., C] → codes of the same shape. Gradients pass the rounding unchanged. */
export function quantize(z: Value, levels: Levels): Value {
  const bounded = bound(z, levels);
  return op.div(op.straightThrough(roundHalfUp(bounded), bounded), halves(z.graph, levels));
}

/** Latents [..., C] → indices [...], int32. */
export function indicesOf(z: Value, levels: Levels): Value {
  const { graph } = z;
  const level = op.add(roundHalfUp(bound(z, levels)), halves(graph, levels));
  const strides = levels.map((_, channel) => codebookSize(levels.slice(0, channel)));
  const index = op.reduceSum(op.mul(level, graph.tensor('float32', [levels.length], strides)), {
    axes: [-1],
  });
  return op.cast(index, 'int32');
}

/** Indices of any shape → codes [..., C]. */
export function codesOf(indices: Value, levels: Levels): Value {
  const table = Array.from({ length: codebookSize(levels) }, (_, index) => codeOfIndex(index, levels));
  return op.gather(indices.graph.tensor('float32', [table.length, levels.length], table.flat()), indices);
}

/** Squashes each channel so that rounding gives exactly its number of levels: -⌊count/2⌋ … ⌈count/2⌉-1. */
function bound(z: Value, levels: Levels): Value {
  const { graph } = z;
  const constant = (values: number[]) => graph.tensor('float32', [levels.length], values);
  const halfRange = levels.map((count) => ((count - 1) * (1 + EPSILON)) / 2);
  // An even count has no middle level: half a step of offset puts a level at 0 all the same.
  const offset = levels.map((count) => (count % 2 === 0 ? 0.5 : 0));
  const shift = offset.map((value, channel) => Math.atanh(value / halfRange[channel]!));
  const squashed = op.tanh(op.add(z, constant(shift)));
  return op.sub(op.mul(squashed, constant(halfRange)), constant(offset));
}

/** Not ONNX's Round, which has no WebGPU kernel. */
const roundHalfUp = (x: Value) => op.floor(op.add(x, 0.5));

const halves = (graph: Graph, levels: Levels) =>
  graph.tensor(
    'float32',
    [levels.length],
    levels.map((count) => Math.floor(count / 2)),
  );
