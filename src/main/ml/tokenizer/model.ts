/**
 * The video tokenizer: an autoencoder of patches with attention that is causal in time, and FSQ between its halves. A
 * latent frame sees itself and those before it, so the first frame alone is a still image, and what is decoded stays.
 */
import type { Graph, Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import { joinHeads, splitHeads } from '../nn/attention.ts';
import {
  attendInBlocks,
  frameCausalBlocks,
  frameStretches,
  type AttentionBlock,
} from '../nn/block-attention.ts';
import { linear, linears, rmsNorm, swiglu } from '../nn/layers.ts';
import { ParameterSet, type BoundParameters, type Role } from '../nn/parameters.ts';
import { pairsOfTYX, rotaryTables, rotate } from '../nn/rotary.ts';
import type { TokenizerShape } from './shape.ts';

/** Patches as values of a graph; `later` is null for a still image. */
export interface PatchValues {
  /** [B, frameTokens, firstPatch] */
  first: Value;
  /** [B, (T-1)·frameTokens, laterPatch] */
  later: Value | null;
}

const HALVES = ['encoder', 'decoder'] as const;

/** `part`: what is trained; the rest is read only. */
export function tokenizerParameters(shape: TokenizerShape, part: 'both' | 'decoder' = 'both'): ParameterSet {
  const all = declareAll(shape);
  if (part === 'both') return all;
  const set = new ParameterSet();
  for (const spec of all.specs) set.add({ ...spec, trainable: spec.name.startsWith(`${part}.`) });
  return set;
}

function declareAll(shape: TokenizerShape): ParameterSet {
  const { width, innerWidth, depth, levels, firstPatch, laterPatch } = shape;
  const headWidth = width / shape.heads;
  const set = new ParameterSet();
  const projection = (
    name: string,
    from: number,
    to: number,
    { std = from ** -0.5, role = 'matrix' }: { std?: number; role?: Role } = {},
  ) => {
    set.declare(`${name}.weight`, [from, to], { kind: 'normal', std }, role);
    set.zeros(`${name}.bias`, [to]);
  };

  projection('encoder.first', firstPatch, width);
  projection('encoder.later', laterPatch, width);
  for (const half of HALVES) {
    for (let i = 0; i < depth; i++) {
      const block = `${half}.block.${i}`;
      set.ones(`${block}.attention.norm`, [width]);
      set.matrix(`${block}.attention.qkv`, [width, 3 * width], width ** -0.5, 3);
      set.ones(`${block}.attention.queryNorm`, [headWidth]);
      set.ones(`${block}.attention.keyNorm`, [headWidth]);
      // Blocks start as the identity, so that depth costs no time at the beginning.
      set.declare(`${block}.attention.out`, [width, width], { kind: 'zeros' });
      set.ones(`${block}.feedForward.norm`, [width]);
      set.matrix(`${block}.feedForward.gateUp`, [width, 2 * innerWidth], width ** -0.5, 2);
      set.declare(`${block}.feedForward.down`, [innerWidth, width], { kind: 'zeros' });
    }
    set.ones(`${half}.norm`, [width]);
  }
  // Small latents spread over the middle levels; larger ones would sit at the ends, where tanh passes no gradient.
  projection('encoder.latent', width, levels.length, { std: 0.3 * width ** -0.5, role: 'head' });
  projection('decoder.latent', levels.length, width);
  projection('decoder.first', width, firstPatch, { std: 0.1 * width ** -0.5, role: 'head' });
  projection('decoder.later', width, laterPatch, { std: 0.1 * width ** -0.5, role: 'head' });
  return set;
}

/** Patches → latents [B, tokens, C], not yet quantized. */
export function encode(
  { first, later }: PatchValues,
  parameters: BoundParameters,
  shape: TokenizerShape,
): Value {
  const { graph } = first;
  return graph.scope('encoder', () => {
    const parts = [project(first, 'encoder.first', parameters)];
    if (later) parts.push(project(later, 'encoder.later', parameters));
    const x = transformer(op.concat(parts, 1), 'encoder', parameters, shape);
    return project(x, 'encoder.latent', parameters);
  });
}

/** Codes [B, tokens, C] of the first few (or all) latent frames → patches. */
export function decode(codes: Value, parameters: BoundParameters, shape: TokenizerShape): PatchValues {
  const { graph } = codes;
  return graph.scope('decoder', () => {
    const x = transformer(project(codes, 'decoder.latent', parameters), 'decoder', parameters, shape);
    const tokens = x.shape[1]!;
    const isStill = tokens === shape.frameTokens;
    return {
      first: project(op.slice(x, 1, 0, shape.frameTokens), 'decoder.first', parameters),
      later: isStill ? null : project(op.slice(x, 1, shape.frameTokens, tokens), 'decoder.later', parameters),
    };
  });
}

/** Pre-norm blocks over tokens [B, N, D], N a whole number of latent frames; normalised at the end. */
function transformer(
  tokens: Value,
  half: (typeof HALVES)[number],
  parameters: BoundParameters,
  shape: TokenizerShape,
): Value {
  const place = placeTokens(tokens.graph, tokens.shape[1]!, shape);
  let x = tokens;
  for (let i = 0; i < shape.depth; i++) {
    const weight = (name: string) => parameters.get(`${half}.block.${i}.${name}`);
    x = tokens.graph.segment(`block.${i}`, () => {
      const attended = op.add(x, attention(rmsNorm(x, weight('attention.norm')), weight, place, shape));
      const normed = rmsNorm(attended, weight('feedForward.norm'));
      return op.add(attended, swiglu(normed, weight('feedForward.gateUp'), weight('feedForward.down')));
    });
  }
  return rmsNorm(x, parameters.get(`${half}.norm`));
}

function attention(
  x: Value,
  weight: (name: string) => Value,
  { cos, sin, blocks }: Place,
  { width, heads }: TokenizerShape,
): Value {
  const qkv = linears(x, weight('attention.qkv'), [width, width, width]);
  const [q, k, v] = qkv.map((part) => splitHeads(part, heads)) as [Value, Value, Value];
  const seen = attendInBlocks(
    {
      q: rotate(rmsNorm(q, weight('attention.queryNorm')), cos, sin),
      k: rotate(rmsNorm(k, weight('attention.keyNorm')), cos, sin),
      v,
    },
    blocks,
  );
  return op.matmul(joinHeads(seen), weight('attention.out'));
}

/** What tokens know of their places: rotary tables over t, y and x, and who may look at whom. */
interface Place {
  cos: Value;
  sin: Value;
  blocks: readonly AttentionBlock[];
}

function placeTokens(
  graph: Graph,
  tokens: number,
  { side, frameTokens, width, heads }: TokenizerShape,
): Place {
  const frameOf = (token: number) => Math.floor(token / frameTokens);
  const positions = Array.from({ length: tokens }, (_, token) => [
    frameOf(token),
    Math.floor(token / side) % side,
    token % side,
  ]);
  const pairs = pairsOfTYX(width / heads);
  const tables = rotaryTables(positions, pairs);
  const tableShape = [tokens, width / heads / 2];
  return {
    cos: graph.constant('float32', tableShape, tables.cos),
    sin: graph.constant('float32', tableShape, tables.sin),
    blocks: frameCausalBlocks(frameStretches(0, frameTokens, tokens / frameTokens)),
  };
}

const project = (x: Value, name: string, parameters: BoundParameters) =>
  linear(x, parameters.get(`${name}.weight`), parameters.get(`${name}.bias`));
