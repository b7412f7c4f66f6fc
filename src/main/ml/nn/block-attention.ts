/**
 * Attention of a sequence whose tokens see different stretches of it, block by block: what a block does not see is not
 * computed, where one dense mask over all would compute every score and throw most of them away.
 */
import type { Graph, Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import { attend, maskFrom, type Heads } from './attention.ts';

/** Tokens `from` up to, but not including, `to`. */
export type Stretch = readonly [from: number, to: number];

/** Consecutive queries and the keys that they see. */
export interface AttentionBlock {
  readonly queries: Stretch;
  readonly keys: readonly Stretch[];
  /** Added to the scores [queries, keys], where not every query sees every key. */
  readonly mask?: Value;
}

/** What the queries of all blocks see, in the order of the blocks: [B, H, queries, K]. */
export function attendInBlocks({ q, k, v }: Heads, blocks: readonly AttentionBlock[]): Value {
  const cut = (x: Value, [from, to]: Stretch) => op.slice(x, 2, from, to);
  const join = (x: Value, stretches: readonly Stretch[]) =>
    op.concat(
      stretches.map((stretch) => cut(x, stretch)),
      2,
    );
  return op.concat(
    blocks.map(({ queries, keys, mask }) =>
      attend(cut(q, queries), join(k, keys), join(v, keys), mask && { mask }),
    ),
    2,
  );
}

/** Tokens of `stretch`, each of which sees everything before it and itself, in blocks of at most `size` queries. */
export function causalBlocks(graph: Graph, [from, to]: Stretch, size = Infinity): AttentionBlock[] {
  const count = Math.max(1, Math.ceil((to - from) / size));
  return Array.from({ length: count }, (_, i) => {
    const start = from + Math.floor(((to - from) * i) / count);
    const end = from + Math.floor(((to - from) * (i + 1)) / count);
    return {
      queries: [start, end],
      keys: [[0, end]],
      mask: maskFrom(graph, end - start, end, (query, key) => key <= start + query),
    };
  });
}

/** Stretches of `count` frames of `size` tokens each, the first of which begins at `start`. */
export function frameStretches(start: number, size: number, count: number): Stretch[] {
  return Array.from({ length: count }, (_, t) => [start + t * size, start + (t + 1) * size]);
}

/** Frames of tokens, each of which sees everything before its frame and all of it. */
export function frameCausalBlocks(frames: readonly Stretch[]): AttentionBlock[] {
  return frames.map((frame) => ({ queries: frame, keys: [[0, frame[1]]] }));
}
