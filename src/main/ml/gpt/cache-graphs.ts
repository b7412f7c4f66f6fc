/**
 * The KV cache as values of graphs, for devices on which tensors stay between runs: instead of writing behind the end of a
 * cache in place (see `kv-cache.ts`), a graph makes the next cache from the last one.
 *
 * Shapes: B rows, H heads, P places of the cache, K = width of a head, Q new tokens.
 */
import { Graph, type Lowering } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import { keyName, nextName, valueName } from './inference.ts';
import type { GptShape } from './shape.ts';

export interface CacheOptions {
  batch: number;
  /** Places of the cache. */
  capacity: number;
  /** New tokens. */
  count: number;
  lowering: Lowering;
}

/** Names of a cache's tensors, block by block. */
export function cacheNames({ depth }: GptShape): string[] {
  return Array.from({ length: depth }, (_, block) => [keyName(block), valueName(block)]).flat();
}

export const cacheOutput = (name: string) => `cache/${name}`;

/** Inputs: what a prefix graph gives, `k.<block>` and `v.<block>` [B, H, Q, K]. Outputs: `cache/…` [B, H, P, K], Q places of them filled. */
export function newCacheGraph(shape: GptShape, { batch, capacity, count, lowering }: CacheOptions): Graph {
  const graph = new Graph(lowering);
  for (const name of cacheNames(shape)) {
    const fresh = graph.input(name, 'float32', sizes(shape, batch, count));
    const room = [0, capacity - count] as const;
    graph.output(cacheOutput(name), op.pad(fresh, [[0, 0], [0, 0], room, [0, 0]]));
  }
  return graph;
}

/**
 * Inputs: a cache's `k.<block>` and `v.<block>` [B, H, P, K], new tokens' `next-k.<block>` and `next-v.<block>` [B, H, Q, K],
 * and `at`, the Q places they take (int32). Outputs: `cache/…` [B, H, P, K].
 */
export function nextCacheGraph(shape: GptShape, { batch, capacity, count, lowering }: CacheOptions): Graph {
  const graph = new Graph(lowering);
  const at = graph.input('at', 'int32', [count]);
  const places_BHQK = op.expand(op.reshape(at, [1, 1, count, 1]), sizes(shape, batch, count));
  for (const name of cacheNames(shape)) {
    const cache = graph.input(name, 'float32', sizes(shape, batch, capacity));
    const fresh = graph.input(nextName(name), 'float32', sizes(shape, batch, count));
    graph.output(cacheOutput(name), op.scatterElements(cache, places_BHQK, fresh, 2));
  }
  return graph;
}

const sizes = ({ heads, width }: GptShape, batch: number, tokens: number) => [
  batch,
  heads,
  tokens,
  width / heads,
];
