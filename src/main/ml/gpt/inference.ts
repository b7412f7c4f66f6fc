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
import { attendInBlocks } from '../nn/block-attention.ts';
import { attendToPastAndSelf } from './attention.ts';
import { Gpt } from './model.ts';
import { gptParameters, isConditioned, type GptTask } from './parameters.ts';
import { rotation, taskPosition, textPositions, videoPositions } from './positions.ts';
import { clipPrefixLength, embedPrefix, prefixBlocks } from './prefix.ts';
import { framesFirst } from './sequences.ts';
import type { GptShape } from './shape.ts';

export const keyName = (block: number) => `k.${block}`;
export const valueName = (block: number) => `v.${block}`;

export interface PrefixOptions {
  /**
   * `caption` reads the input `tokens` [B, N]; the others read `text` [B, L], with `textFeatures` also `feature` [B, F]
   * (float32), and `inbetween` and `loop` also `condition` [B, P], the tokens of the picture at which the clip arrives, coded
   * alone. Tokens are int32.
   */
  task: GptTask;
  batch: number;
  /** Rows of the outputs that each row serves, next to each other: takes of one prompt. */
  repeat?: number;
  lowering?: Lowering;
}

/** What a task continues its prefix with. */
export const continuedBy = (task: GptTask): 'video' | 'text' => (task === 'caption' ? 'text' : 'video');

/** Tokens of the prefix, the task included. */
export function prefixLength(task: GptTask, shape: GptShape): number {
  return task === 'caption' ? 1 + shape.videoTokens : clipPrefixLength(shape, isConditioned(task));
}

/**
 * With R rows served by each: outputs `k.<block>` and `v.<block>` [B·R, H, prefix, K], and where video follows in `raster`
 * order `logits` [B·R, 1, videoLogits].
 */
export function prefixGraph(
  weights: Weights,
  shape: GptShape,
  { task, batch, repeat = 1, lowering }: PrefixOptions,
): Graph {
  const gpt = inferenceGpt(weights, shape, lowering);
  const { graph } = gpt;
  const { embedded, positions, blocks } =
    task === 'caption' ? readClip(gpt, batch) : readPrompt(gpt, task, batch);
  const x = gpt.transform(embedded, rotation(graph, positions, shape), (heads, block) => {
    graph.output(keyName(block), repeatRows(heads.k, repeat));
    graph.output(valueName(block), repeatRows(heads.v, repeat));
    return attendInBlocks(heads, blocks);
  });
  if (task !== 'caption' && shape.order === 'raster') {
    graph.output('logits', repeatRows(gpt.videoLogits(op.slice(x, 1, positions.length - 1)), repeat));
  }
  return graph;
}

function readPrompt(gpt: Gpt, task: Exclude<GptTask, 'caption'>, batch: number) {
  const { graph, shape } = gpt;
  const { textLength, textFeatures, frameTokens } = shape;
  const prefix = embedPrefix(gpt, {
    task: gpt.embedTask(task, batch),
    text_BL: graph.input('text', 'int32', [batch, textLength]),
    feature_BF: textFeatures > 0 ? graph.input('feature', 'float32', [batch, textFeatures]) : undefined,
    condition_BP: isConditioned(task) ? graph.input('condition', 'int32', [batch, frameTokens]) : undefined,
  });
  return { ...prefix, blocks: prefixBlocks(graph, prefix) };
}

function readClip(gpt: Gpt, batch: number) {
  const { graph, shape } = gpt;
  const tokens = gpt.embedVideo(graph.input('tokens', 'int32', [batch, shape.videoTokens]));
  return {
    embedded: op.concat([gpt.embedTask('caption', batch), tokens], 1),
    positions: [taskPosition, ...videoPositions(shape)],
    blocks: framesFirst(graph, shape),
  };
}

/** [B, …] → [B·count, …]: each row `count` times, next to each other. */
function repeatRows(x: Value, count: number): Value {
  if (count === 1) return x;
  const rows = x.shape[0]! * count;
  return op.gather(
    x,
    x.graph.tensor(
      'int32',
      [rows],
      Array.from({ length: rows }, (_, i) => Math.floor(i / count)),
    ),
  );
}

export interface ContinuationOptions {
  /** What the new tokens are; masks count as video. */
  kind: 'video' | 'text';
  batch: number;
  /** New tokens, which see each other: a latent frame, or a single token. */
  queries: number;
  /** Places of the cache; a run may bring a shorter one. */
  capacity: number;
  lowering?: Lowering;
}

/**
 * Inputs: `tokens` [B, Q] and their `places` [Q] in the window or text (int32), the cache's `mask` [1, P], `k.<block>` and
 * `v.<block>` [B, H, P, K]. Outputs: `logits` [B, Q, videoLogits or textVocabulary], and `next-k.<block>`, `next-v.<block>` of the
 * new tokens [B, H, Q, K].
 */
export function continuationGraph(weights: Weights, shape: GptShape, options: ContinuationOptions): Graph {
  const { kind, batch, queries, capacity, lowering } = options;
  const gpt = inferenceGpt(weights, shape, lowering);
  const { graph } = gpt;
  const tokens = graph.input('tokens', 'int32', [batch, queries]);
  const places = graph.input('places', 'int32', [queries]);
  const mask = graph.input('mask', 'float32', [1, capacity], { axis: 1, name: 'places' });
  const table = rotation(graph, kind === 'video' ? videoPositions(shape) : textPositions(shape), shape);
  const turned = { cos: op.gather(table.cos, places), sin: op.gather(table.sin, places) };
  const cacheShape = [batch, shape.heads, capacity, shape.width / shape.heads];
  const embedded = kind === 'video' ? gpt.embedVideo(tokens) : gpt.embedText(tokens);
  const x = gpt.transform(embedded, turned, (heads, block) => {
    graph.output(nextName(keyName(block)), heads.k);
    graph.output(nextName(valueName(block)), heads.v);
    const cached = (name: string): Value =>
      graph.input(name, 'float32', cacheShape, { axis: 2, name: 'places' });
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
