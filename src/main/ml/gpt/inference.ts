/**
 * The graphs that write a clip or a caption. A prefix graph reads what is given once; a continuation graph reads a few new
 * tokens against the keys and values of everything before them (see `kv-cache.ts`).
 *
 * Shapes: B rows (with guidance the prompt and no prompt), Q new tokens, P places of the cache, H heads, K = D/H.
 */
import { Graph, type Lowering, type Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import { Dropout } from '../nn/dropout.ts';
import type { Weights } from '../nn/parameters.ts';
import { attendInBlocks, causalBlocks } from '../nn/block-attention.ts';
import { attendToPastAndSelf } from './attention.ts';
import { Gpt } from './model.ts';
import { gptParameters, type GptTask } from './parameters.ts';
import { rotation, taskPosition, textPositions, videoPositions } from './positions.ts';
import { framesFirst } from './sequences.ts';
import type { GptShape } from './shape.ts';

export const keyName = (block: number) => `k.${block}`;
export const valueName = (block: number) => `v.${block}`;

export interface PrefixOptions {
  /** `generate` reads the input `text` [B, L], `caption` the input `tokens` [B, N]; both int32. */
  task: GptTask;
  batch: number;
  lowering?: Lowering;
}

/** Tokens of the prefix, the task included. */
export function prefixLength(task: GptTask, shape: GptShape): number {
  return 1 + (task === 'generate' ? shape.textLength : shape.videoTokens);
}

/** Outputs `k.<block>` and `v.<block>` [B, H, prefix, K], and after `generate` in `raster` order `logits` [B, 1, codes]. */
export function prefixGraph(
  weights: Weights,
  shape: GptShape,
  { task, batch, lowering }: PrefixOptions,
): Graph {
  const gpt = inferenceGpt(weights, shape, lowering);
  const { graph } = gpt;
  const given =
    task === 'generate'
      ? gpt.embedText(graph.input('text', 'int32', [batch, shape.textLength]))
      : gpt.embedVideo(graph.input('tokens', 'int32', [batch, shape.videoTokens]));
  const embedded = op.concat([gpt.embedTask(task, batch), given], 1);
  const positions = [taskPosition, ...(task === 'generate' ? textPositions(shape) : videoPositions(shape))];
  const blocks = task === 'generate' ? causalBlocks(graph, [0, positions.length]) : framesFirst(graph, shape);
  const x = gpt.transform(embedded, rotation(graph, positions, shape), (heads, block) => {
    graph.output(keyName(block), heads.k);
    graph.output(valueName(block), heads.v);
    return attendInBlocks(heads, blocks);
  });
  if (task === 'generate' && shape.order === 'raster') {
    graph.output('logits', gpt.videoLogits(op.slice(x, 1, positions.length - 1)));
  }
  return graph;
}

export interface ContinuationOptions {
  /** What the new tokens are; masks count as video. */
  kind: 'video' | 'text';
  batch: number;
  /** New tokens, which see each other: a latent frame, or a single token. */
  queries: number;
  /** Places of the cache. */
  capacity: number;
  lowering?: Lowering;
}

/**
 * Inputs: `tokens` [B, Q] and their `places` [Q] in the window or text (int32), the cache's `mask` [1, P], `k.<block>` and
 * `v.<block>` [B, H, P, K]. Outputs: `logits` [B, Q, codes or textVocabulary], and `next-k.<block>`, `next-v.<block>` of the
 * new tokens [B, H, Q, K].
 */
export function continuationGraph(weights: Weights, shape: GptShape, options: ContinuationOptions): Graph {
  const { kind, batch, queries, capacity, lowering } = options;
  const gpt = inferenceGpt(weights, shape, lowering);
  const { graph } = gpt;
  const tokens = graph.input('tokens', 'int32', [batch, queries]);
  const places = graph.input('places', 'int32', [queries]);
  const mask = graph.input('mask', 'float32', [1, capacity]);
  const table = rotation(graph, kind === 'video' ? videoPositions(shape) : textPositions(shape), shape);
  const turned = { cos: op.gather(table.cos, places), sin: op.gather(table.sin, places) };
  const cacheShape = [batch, shape.heads, capacity, shape.width / shape.heads];
  const embedded = kind === 'video' ? gpt.embedVideo(tokens) : gpt.embedText(tokens);
  const x = gpt.transform(embedded, turned, (heads, block) => {
    graph.output(nextName(keyName(block)), heads.k);
    graph.output(nextName(valueName(block)), heads.v);
    const cached = (name: string): Value => graph.input(name, 'float32', cacheShape);
    const past = { k: cached(keyName(block)), v: cached(valueName(block)) };
    return attendToPastAndSelf(heads, past, mask);
  });
  graph.output('logits', kind === 'video' ? gpt.videoLogits(x) : gpt.textLogits(x));
  return graph;
}

export const nextName = (name: string) => `next-${name}`;

function inferenceGpt(weights: Weights, shape: GptShape, lowering: Lowering | undefined): Gpt {
  const graph = new Graph(lowering);
  return new Gpt(shape, graph, gptParameters(shape).asConstants(graph, weights), new Dropout(0));
}
