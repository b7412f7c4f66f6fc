/**
 * The sequences that the GPT is trained on, and the loss of each: a prefix (see `prefix.ts`) and the frames in either token
 * order, and `[task][frames][text]` for captions.
 *
 * Shapes: B clips, L text tokens, N tokens of a window, S tokens of the whole sequence.
 */
import type { Graph, Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import {
  attendInBlocks,
  causalBlocks,
  frameCausalBlocks,
  frameStretches,
  type AttentionBlock,
} from '../nn/block-attention.ts';
import { tokenLosses } from '../nn/losses.ts';
import { specialToken } from '../text/vocabulary.ts';
import { factorsOf } from './code-factors.ts';
import type { Attend, Gpt } from './model.ts';
import { rotation, taskPosition, textPositions, videoPositions } from './positions.ts';
import { embedPrefix, prefixBlocks, type Given } from './prefix.ts';
import type { GptShape } from './shape.ts';

/** How badly each clip was predicted: nats in all, and the number of tokens they are spread over; [B] each. */
export interface ClipLosses {
  readonly nats_B: Value;
  readonly counts_B: Value;
}

/** `raster` order: each video token from what is given and all tokens before it. Exact likelihood. */
export function rasterLosses(gpt: Gpt, given: Given, tokens_BN: Value): ClipLosses {
  const { shape, graph } = gpt;
  const [batch, count] = tokens_BN.shape as [number, number];
  const prefix = embedPrefix(gpt, given);
  const embedded_BSD = op.concat([prefix.embedded, gpt.embedVideo(op.slice(tokens_BN, 1, 0, count - 1))], 1);
  const positions = [...prefix.positions, ...videoPositions(shape).slice(0, -1)];
  // The last token of the prefix predicts the first of the video.
  const start = prefix.positions.length - 1;
  const x_BND = gpt.transform(
    embedded_BSD,
    rotation(graph, positions, shape),
    attending(
      shape,
      [
        ...prefixBlocks(graph, prefix, start),
        ...causalBlocks(graph, [start, positions.length], shape.frameTokens),
      ],
      count,
    ),
  );
  const nats_BN = videoNats(gpt, x_BND, tokens_BN);
  return { nats_B: op.reduceSum(nats_BN, { axes: [1] }), counts_B: clipCounts(gpt, batch) };
}

/**
 * `frame` order: the masked tokens of each latent frame, all at once, from what is given, the frames before it and what is not
 * masked of it. All frames are trained in one pass: the sequence holds clean frames, which later frames look at, and
 * behind them a masked copy of each frame, which nobody else looks at.
 *
 * When the number of masked tokens in a frame is uniform on 1 … frameTokens and each carries the weight
 * frameTokens / number, the expected nats are an upper bound of −log p(clip) (Hoogeboom et al. 2022, eq. 6).
 *
 * @param masked_BN the tokens, with the mask where they are to be predicted
 * @param weights_BN 0 where nothing is masked
 */
export function frameLosses(
  gpt: Gpt,
  given: Given,
  tokens_BN: Value,
  masked_BN: Value,
  weights_BN: Value,
): ClipLosses {
  const { shape, graph } = gpt;
  const [batch, count] = tokens_BN.shape as [number, number];
  // Nothing looks at the last clean frame.
  const clean = count - shape.frameTokens;
  const prefix = embedPrefix(gpt, given);
  const prefixEnd = prefix.positions.length;
  const embedded_BSD = op.concat(
    [prefix.embedded, gpt.embedVideo(op.concat([op.slice(tokens_BN, 1, 0, clean), masked_BN], 1))],
    1,
  );
  const video = videoPositions(shape);
  const positions = [...prefix.positions, ...video.slice(0, clean), ...video];
  const { frameTokens, grid } = shape;
  const cleanFrames = frameStretches(prefixEnd, frameTokens, grid.T - 1);
  const maskedFrames = frameStretches(prefixEnd + clean, frameTokens, grid.T);
  const blocks = [
    ...prefixBlocks(graph, prefix),
    ...frameCausalBlocks(cleanFrames),
    ...maskedFrames.map((own, t): AttentionBlock => {
      const pastEnd = prefixEnd + t * frameTokens;
      return { queries: own, keys: [[0, pastEnd], own] };
    }),
  ];
  const x_BND = gpt.transform(
    embedded_BSD,
    rotation(graph, positions, shape),
    attending(shape, blocks, count),
  );
  const nats_BN = videoNats(gpt, x_BND, tokens_BN);
  const weighted_BN = op.mul(nats_BN, weights_BN);
  return { nats_B: op.reduceSum(weighted_BN, { axes: [1] }), counts_B: clipCounts(gpt, batch) };
}

/** Clip → text: each token of the caption, and its end, from the frames and the tokens before it. Padding is not counted. */
export function captionLosses(gpt: Gpt, text_BL: Value, tokens_BN: Value): ClipLosses {
  const { shape, graph } = gpt;
  const batch = tokens_BN.shape[0]!;
  const start_B1 = graph.tensor('int32', [batch, 1], new Array<number>(batch).fill(specialToken.start));
  const read_BL = op.concat([start_B1, op.slice(text_BL, 1, 0, shape.textLength - 1)], 1);
  const embedded_BSD = op.concat(
    [gpt.embedTask('caption', batch), gpt.embedVideo(tokens_BN), gpt.embedText(read_BL)],
    1,
  );
  const positions = [taskPosition, ...videoPositions(shape), ...textPositions(shape)];
  const blocks = [
    ...framesFirst(graph, shape),
    ...causalBlocks(graph, [1 + shape.videoTokens, positions.length]),
  ];
  const x_BLD = gpt.transform(
    embedded_BSD,
    rotation(graph, positions, shape),
    attending(shape, blocks, shape.textLength),
  );
  const nats_BL = natsOf(gpt.textLogits(x_BLD), text_BL);
  // `pad` and `empty` are the two smallest tokens; neither is ever to be written.
  const isText_BL = op.cast(op.greater(text_BL, specialToken.empty), 'float32');
  return {
    nats_B: op.reduceSum(op.mul(nats_BL, isText_BL), { axes: [1] }),
    counts_B: op.reduceSum(isText_BL, { axes: [1] }),
  };
}

/** Attention by blocks; only the last `wanted` tokens leave the last layer. */
function attending({ depth }: GptShape, blocks: readonly AttentionBlock[], wanted: number): Attend {
  const length = blocks.at(-1)!.queries[1];
  const last = blocks.filter(({ queries }) => queries[0] >= length - wanted);
  return (heads, layer) => attendInBlocks(heads, layer === depth - 1 ? last : blocks);
}

/**
 * The blocks of `[task][frames]`. The frames see each other as they do when generated: in `raster` order tokens see
 * those before them, in `frame` order those of their own frame too.
 */
export function framesFirst(graph: Graph, { order, frameTokens, grid }: GptShape): AttentionBlock[] {
  const frames = frameStretches(1, frameTokens, grid.T);
  return [
    ...causalBlocks(graph, [0, 1]),
    ...(order === 'frame'
      ? frameCausalBlocks(frames)
      : frames.flatMap((stretch) => causalBlocks(graph, stretch))),
  ];
}

/** −log p of each video token: the sum over its factors. */
function videoNats(gpt: Gpt, x_BND: Value, tokens_BN: Value): Value {
  const { codeFactors } = gpt.shape;
  const logits = gpt.videoLogits(x_BND);
  const parts = codeFactors.length === 1 ? [logits] : op.split(logits, 2, codeFactors);
  return factorsOf(tokens_BN, codeFactors)
    .map((factor_BN, i) => natsOf(parts[i]!, factor_BN))
    .reduce(op.add);
}

/** −log p of each target; logits [B, S, C], targets [B, S]. */
function natsOf(logits: Value, targets: Value): Value {
  const [batch, length, classes] = logits.shape as [number, number, number];
  const rows = batch * length;
  const nats = tokenLosses(op.reshape(logits, [rows, classes]), op.reshape(targets, [rows]));
  return op.reshape(nats, [batch, length]);
}

function clipCounts({ graph, shape }: Gpt, batch: number): Value {
  return graph.tensor('float32', [batch], new Array<number>(batch).fill(shape.videoTokens));
}
