/**
 * A convolutional tokenizer to compare ours with: causal 3D convolutions that shrink a window 4×8×8, FSQ, and their mirror
 * image (the structure of MAGVIT-v2, Yu et al. 2023, arXiv:2310.05737, without its norms and its adversarial loss).
 */
import { causalConv } from '#main/ml/nn/convolution.ts';
import { ParameterSet, type BoundParameters } from '#main/ml/nn/parameters.ts';
import type { Value } from '#main/ml/onnx/graph.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { indicesOf, quantize, type Levels } from '#main/ml/tokenizer/fsq.ts';
import type { Task } from '#main/ml/training/gradient-graph.ts';

export interface ConvShape {
  levels: Levels;
  frames: number;
  size: number;
  /** Channels at a half, a quarter and an eighth of the side. */
  channels: readonly [number, number, number];
  /** Residual blocks at a quarter and at an eighth of the side, in each half. */
  blocks: number;
}

type Kernel = readonly [t: number, y: number, x: number];
const EVERYWHERE: Kernel = [3, 3, 3];
const IN_A_FRAME: Kernel = [1, 3, 3];
const COLOURS = 3;
/** Pixels go in and come out in blocks of 2×2: full resolution is where convolutions cost most. */
const BLOCK = [1, 2, 2] as const;
const BLOCK_CHANNELS = COLOURS * 4;

export function convParameters({ levels, channels: [c2, c4, c8], blocks }: ConvShape): ParameterSet {
  const set = new ParameterSet();
  const conv = (name: string, from: number, to: number, kernel: Kernel, gain = 1) => {
    const fan = from * kernel.reduce((product, side) => product * side, 1);
    const init =
      gain === 0 ? ({ kind: 'zeros' } as const) : ({ kind: 'normal', std: gain * fan ** -0.5 } as const);
    // Not `matrix`: Muon is for matrices.
    set.declare(`${name}.weight`, [to, from, ...kernel], init, 'head');
    set.zeros(`${name}.bias`, [to]);
  };
  const residual = (name: string, channels: number) => {
    for (let i = 0; i < blocks; i++) {
      conv(`${name}.${i}.first`, channels, channels, EVERYWHERE, 1.4);
      conv(`${name}.${i}.second`, channels, channels, EVERYWHERE, 0);
    }
  };
  conv('encoder.in', BLOCK_CHANNELS, c2, IN_A_FRAME);
  conv('encoder.to4', c2, c4, EVERYWHERE, 1.4);
  residual('encoder.at4', c4);
  conv('encoder.to8', c4, c8, EVERYWHERE, 1.4);
  residual('encoder.at8', c8);
  conv('encoder.latent', c8, levels.length, [1, 1, 1], 0.3);
  conv('decoder.latent', levels.length, c8, [1, 1, 1]);
  residual('decoder.at8', c8);
  conv('decoder.to4', c8, c4, EVERYWHERE, 1.4);
  residual('decoder.at4', c4);
  conv('decoder.to2', c4, c2, EVERYWHERE, 1.4);
  conv('decoder.out', c2, BLOCK_CHANNELS, IN_A_FRAME, 0.1);
  return set;
}

/** Input `video` [B, 3, T, H, W], -1 … 1. The loss is the one of our tokenizer: squares and a share of absolute values. */
export function convTask(shape: ConvShape, batch: number): Task {
  return {
    parameters: convParameters(shape),
    inputs: { video: { dtype: 'float32', shape: [batch, COLOURS, shape.frames, shape.size, shape.size] } },
    loss: (_graph, bound, inputs) => {
      const video = inputs['video']!;
      const copy = decode(encode(video, bound, shape).codes, bound, shape);
      const difference = op.sub(copy, video);
      const squares = op.square(difference);
      const loss = op.reduceMean(op.add(squares, op.mul(op.sqrt(op.add(squares, 1e-6)), 0.3)));
      return { loss, metrics: { meanSquare: op.reduceMean(squares) } };
    },
  };
}

/** [B, 3, T, H, W] → codes [B, C, t, h, w], and the tokens that they stand for [B, t, h, w]. */
export function encode(
  video: Value,
  parameters: BoundParameters,
  shape: ConvShape,
): { codes: Value; tokens: Value } {
  const { conv, residual } = layers(parameters, shape);
  let x = conv(op.spaceToChannels(video, BLOCK), 'encoder.in');
  x = residual(conv(op.silu(x), 'encoder.to4', [2, 2, 2]), 'encoder.at4');
  x = residual(conv(op.silu(x), 'encoder.to8', [2, 2, 2]), 'encoder.at8');
  const latents = op.transpose(conv(op.silu(x), 'encoder.latent'), [0, 2, 3, 4, 1]);
  const codes = op.transpose(quantize(latents, shape.levels), [0, 4, 1, 2, 3]);
  return { codes, tokens: indicesOf(latents, shape.levels) };
}

/** Codes → [B, 3, T, H, W]. */
export function decode(codes: Value, parameters: BoundParameters, shape: ConvShape): Value {
  const { conv, residual } = layers(parameters, shape);
  let x = residual(conv(codes, 'decoder.latent'), 'decoder.at8');
  x = residual(conv(grow(op.silu(x)), 'decoder.to4'), 'decoder.at4');
  x = conv(grow(op.silu(x)), 'decoder.to2');
  return op.channelsToSpace(conv(op.silu(x), 'decoder.out'), BLOCK);
}

function layers(parameters: BoundParameters, { blocks }: ConvShape) {
  const conv = (x: Value, name: string, strides: Kernel = [1, 1, 1]) =>
    causalConv(x, parameters.get(`${name}.weight`), parameters.get(`${name}.bias`), { strides });
  const residual = (start: Value, name: string) => {
    let x = start;
    for (let i = 0; i < blocks; i++) {
      x = op.add(x, conv(op.silu(conv(op.silu(x), `${name}.${i}.first`)), `${name}.${i}.second`));
    }
    return x;
  };
  return { conv, residual };
}

/** Twice the size along every axis; of time, the first frame stays one: n → 2n − 1. */
function grow(x: Value): Value {
  const grown = op.upsampleNearest(x, [2, 2, 2]);
  return op.slice(grown, 2, 1);
}
