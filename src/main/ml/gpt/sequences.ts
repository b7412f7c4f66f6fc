/**
 * The sequences that the GPT is trained on, and the loss of each: `[task][text][frames]` in either token order, and
 * `[task][frames][text]` for captions.
 *
 * Shapes: B clips, L text tokens, N tokens of a window, S tokens of the whole sequence.
 */
import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import { attend, maskFrom } from '../nn/attention.ts';
import { tokenLosses } from '../nn/losses.ts';
import { specialToken } from '../text/vocabulary.ts';
import { attendToPastAndSelf } from './attention.ts';
import type { Attend, Gpt, Heads } from './model.ts';
import { rotation, taskPosition, textPositions, videoPositions } from './positions.ts';
import type { GptShape } from './shape.ts';

/** How badly each clip was predicted: nats in all, and the number of tokens they are spread over; [B] each. */
export interface ClipLosses {
  readonly nats_B: Value;
  readonly counts_B: Value;
}

/** `raster` order: each video token from the text and all tokens before it. Exact likelihood. */
export function rasterLosses(gpt: Gpt, text_BL: Value, tokens_BN: Value): ClipLosses {
  const { shape, graph } = gpt;
  const [batch, count] = tokens_BN.shape as [number, number];
  const embedded_BSD = op.concat(
    [
      gpt.embedTask('generate', batch),
      gpt.embedText(text_BL),
      gpt.embedVideo(op.slice(tokens_BN, 1, 0, count - 1)),
    ],
    1,
  );
  const positions = [taskPosition, ...textPositions(shape), ...videoPositions(shape).slice(0, -1)];
  // The last token of the text predicts the first of the video.
  const x_BND = gpt.transform(
    embedded_BSD,
    rotation(graph, positions, shape),
    attendDensely(gpt, positions.length, count, (q, k) => k <= q),
  );
  const nats_BN = natsOf(gpt.videoLogits(x_BND), tokens_BN);
  return { nats_B: op.reduceSum(nats_BN, { axes: [1] }), counts_B: clipCounts(gpt, batch) };
}

/**
 * `frame` order: the masked tokens of each latent frame, all at once, from the text, the frames before it and what is not
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
  text_BL: Value,
  tokens_BN: Value,
  masked_BN: Value,
  weights_BN: Value,
): ClipLosses {
  const { shape, graph } = gpt;
  const [batch, count] = tokens_BN.shape as [number, number];
  // Nothing looks at the last clean frame.
  const clean = count - shape.frameTokens;
  const prefix = 1 + shape.textLength;
  const cleanEnd = prefix + clean;
  const embedded_BSD = op.concat(
    [
      gpt.embedTask('generate', batch),
      gpt.embedText(text_BL),
      gpt.embedVideo(op.concat([op.slice(tokens_BN, 1, 0, clean), masked_BN], 1)),
    ],
    1,
  );
  const video = videoPositions(shape);
  const positions = [taskPosition, ...textPositions(shape), ...video.slice(0, clean), ...video];
  const frameOf = (token: number) => Math.floor(token / shape.frameTokens);
  const cleanMask = maskFrom(
    graph,
    cleanEnd,
    cleanEnd,
    (q, k) => blockOf(q, prefix, shape) >= blockOf(k, prefix, shape),
  );
  const pastMask = maskFrom(graph, count, cleanEnd, (q, k) => k < prefix || frameOf(k - prefix) < frameOf(q));

  const x_BND = gpt.transform(embedded_BSD, rotation(graph, positions, shape), (heads, block) => {
    const [clean, masked] = cutHeads(heads, cleanEnd);
    const seenByMasked = attendToPastAndSelf(masked, clean, pastMask, shape.grid.T);
    if (block === shape.depth - 1) return seenByMasked;
    return op.concat([attend(clean.q, clean.k, clean.v, { mask: cleanMask }), seenByMasked], 2);
  });
  const nats_BN = natsOf(gpt.videoLogits(x_BND), tokens_BN);
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
  const x_BLD = gpt.transform(
    embedded_BSD,
    rotation(graph, positions, shape),
    attendDensely(
      gpt,
      positions.length,
      shape.textLength,
      (q, k) => captionBlock(q, shape) >= captionBlock(k, shape),
    ),
  );
  const nats_BL = natsOf(gpt.textLogits(x_BLD), text_BL);
  // `pad` and `empty` are the two smallest tokens; neither is ever to be written.
  const isText_BL = op.cast(op.greater(text_BL, specialToken.empty), 'float32');
  return {
    nats_B: op.reduceSum(op.mul(nats_BL, isText_BL), { axes: [1] }),
    counts_B: op.reduceSum(isText_BL, { axes: [1] }),
  };
}

/** Attention over the whole sequence under a rule; only the last `wanted` tokens leave the last block. */
function attendDensely(
  { graph, shape }: Gpt,
  length: number,
  wanted: number,
  mayLook: (query: number, key: number) => boolean,
): Attend {
  const skipped = length - wanted;
  const mask = maskFrom(graph, length, length, mayLook);
  const lastMask = maskFrom(graph, wanted, length, (query, key) => mayLook(query + skipped, key));
  return ({ q, k, v }, block) =>
    block === shape.depth - 1
      ? attend(op.slice(q, 2, skipped), k, v, { mask: lastMask })
      : attend(q, k, v, { mask });
}

/** Number of the attention block of a token in `[task][text][clean frames]`: text tokens one each, then whole frames. */
function blockOf(token: number, prefix: number, { frameTokens }: GptShape): number {
  return token < prefix ? token : prefix + Math.floor((token - prefix) / frameTokens);
}

/**
 * In `[task][frames][text]`. The frames are as they are when generated: in `raster` order each token is a block, in
 * `frame` order each latent frame.
 */
export function captionBlock(token: number, { order, frameTokens, videoTokens }: GptShape): number {
  const isFrameToken = token >= 1 && token <= videoTokens;
  return order === 'frame' && isFrameToken ? 1 + Math.floor((token - 1) / frameTokens) : token;
}

function cutHeads({ q, k, v }: Heads, at: number): [Heads, Heads] {
  const cut = (x: Value) => op.split(x, 2, [at, x.shape[2]! - at]) as [Value, Value];
  const [[q1, q2], [k1, k2], [v1, v2]] = [cut(q), cut(k), cut(v)];
  return [
    { q: q1, k: k1, v: v1 },
    { q: q2, k: k2, v: v2 },
  ];
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
