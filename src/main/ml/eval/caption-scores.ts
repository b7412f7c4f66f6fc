/**
 * The graph that scores many captions of one clip. The clip is read once, and all captions stand beside each other behind it:
 * each sees the clip and itself. Row by row in the caption task, the clip would be read again for every caption.
 *
 * Shapes: C captions, L tokens of the longest, N tokens of a window, P = 1 + N tokens of the prefix, H heads, K = width of a head.
 */
import { maskFrom, type Heads } from '../nn/attention.ts';
import { attendInBlocks } from '../nn/block-attention.ts';
import { Dropout } from '../nn/dropout.ts';
import { tokenLosses } from '../nn/losses.ts';
import type { Weights } from '../nn/parameters.ts';
import { Graph, type Lowering, type Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import { Gpt } from '../gpt/model.ts';
import { gptParameters } from '../gpt/parameters.ts';
import { rotation, taskPosition, textPositions, videoPositions } from '../gpt/positions.ts';
import { framesFirst } from '../gpt/sequences.ts';
import type { GptShape } from '../gpt/shape.ts';
import { specialToken } from '../text/vocabulary.ts';

export interface CaptionScoresOptions {
  captions: number;
  /** Tokens of the longest caption, its end included. */
  length: number;
  lowering?: Lowering;
}

/**
 * Inputs: `tokens` [1, N] of the clip, `text` [C, L] as `BytePairEncoding.encodePrompt` gives it, cut to L; both int32.
 * Output: `nats` [C], −log p(caption | clip): the same as in the task `caption`.
 */
export function captionScoresGraph(
  weights: Weights,
  shape: GptShape,
  { captions, length, lowering }: CaptionScoresOptions,
): Graph {
  const graph = new Graph(lowering);
  const gpt = new Gpt(shape, graph, gptParameters(shape).asConstants(graph, weights), new Dropout(0));
  const tokens_1N = graph.input('tokens', 'int32', [1, shape.videoTokens]);
  const text_CL = graph.input('text', 'int32', [captions, length]);
  const count = captions * length;

  const start_C1 = graph.tensor('int32', [captions, 1], new Array<number>(captions).fill(specialToken.start));
  const read_CL = op.concat([start_C1, op.slice(text_CL, 1, 0, length - 1)], 1);
  const embedded = op.concat(
    [gpt.embedTask('caption', 1), gpt.embedVideo(tokens_1N), gpt.embedText(op.reshape(read_CL, [1, count]))],
    1,
  );
  const prefix = [taskPosition, ...videoPositions(shape)];
  const text = textPositions(shape).slice(0, length);
  const positions = [...prefix, ...Array.from({ length: captions }, () => text).flat()];
  const prefixBlocks = framesFirst(graph, shape);
  const causal_LL = maskFrom(graph, length, length, (query, key) => key <= query);

  const x = gpt.transform(embedded, rotation(graph, positions, shape), (heads, block) => {
    const seen = attendBeside(heads, prefix.length, captions, causal_LL);
    // Nothing looks at the prefix after the last block.
    return block === shape.depth - 1 ? seen : op.concat([attendInBlocks(heads, prefixBlocks), seen], 2);
  });
  const logits = op.reshape(gpt.textLogits(x), [count, shape.textVocabulary]);
  const nats_CL = op.reshape(tokenLosses(logits, op.reshape(text_CL, [count])), [captions, length]);
  // `pad` and `empty` are the two smallest tokens; neither is ever to be written.
  const isText_CL = op.cast(op.greater(text_CL, specialToken.empty), 'float32');
  graph.output('nats', op.reduceSum(op.mul(nats_CL, isText_CL), { axes: [1] }));
  return graph;
}

/** Captions of equal length behind a prefix, each over the prefix and over itself: [1, H, C·L, K]. */
function attendBeside({ q, k, v }: Heads, prefix: number, captions: number, causal_LL: Value): Value {
  const [, heads, total, size] = q.shape as [number, number, number, number];
  const count = total - prefix;
  const length = count / captions;
  const alpha = size ** -0.5;
  const past = (x: Value) => op.slice(x, 2, 0, prefix);
  const fresh = (x: Value) => op.slice(x, 2, prefix, total);
  // With one clip a batch, captions can take its axis: [1, H, C·L, …] ↔ [H, C, L, …].
  const apart = (x: Value) => op.reshape(x, [heads, captions, length, x.shape.at(-1)!]);
  const together = (x: Value) => op.reshape(x, [1, heads, count, x.shape.at(-1)!]);

  const pastScores = apart(op.matmul(fresh(q), past(k), { transB: true, alpha }));
  const selfScores = op.matmul(apart(fresh(q)), apart(fresh(k)), { transB: true, alpha });
  const shares = op.softmax(op.concat([pastScores, op.add(selfScores, causal_LL)], -1));
  const [pastShares, selfShares] = op.split(shares, -1, [prefix, length]) as [Value, Value];
  return op.add(op.matmul(together(pastShares), past(v)), together(op.matmul(selfShares, apart(fresh(v)))));
}
