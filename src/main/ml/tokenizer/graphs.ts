/** The two halves of a trained tokenizer as graphs: pixels to tokens, tokens to pixels. */
import { Graph, type Lowering } from '../onnx/graph.ts';
import type { Weights } from '../nn/parameters.ts';
import { codesOf, indicesOf } from './fsq.ts';
import { decode, encode, tokenizerParameters, type PatchValues } from './model.ts';
import type { TokenizerShape } from './shape.ts';

export interface InferenceOptions {
  /** Clips a pass. */
  batch: number;
  /** Latent frames a clip; all when left out, 1 for still images. */
  latentFrames?: number;
  lowering?: Lowering;
}

/** Inputs `first` and `later` (float32 patches, see `toPatches`; no `later` for still images); output `tokens` [B, N], int32. */
export function encodeGraph(weights: Weights, shape: TokenizerShape, options: InferenceOptions): Graph {
  const graph = new Graph(options.lowering);
  const parameters = tokenizerParameters(shape).asConstants(graph, weights);
  const latents = encode(patchInputs(graph, shape, options), parameters, shape);
  graph.output('tokens', indicesOf(latents, shape.levels));
  return graph;
}

/** Input `tokens` [B, N], int32; outputs `first` and `later` (float32 patches, see `fromPatches`). */
export function decodeGraph(weights: Weights, shape: TokenizerShape, options: InferenceOptions): Graph {
  const graph = new Graph(options.lowering);
  const parameters = tokenizerParameters(shape).asConstants(graph, weights);
  const tokens = graph.input('tokens', 'int32', [
    options.batch,
    (options.latentFrames ?? shape.T) * shape.frameTokens,
  ]);
  const { first, later } = decode(codesOf(tokens, shape.levels), parameters, shape);
  graph.output('first', first);
  if (later) graph.output('later', later);
  return graph;
}

function patchInputs(
  graph: Graph,
  { T, frameTokens, firstPatch, laterPatch }: TokenizerShape,
  { batch, latentFrames = T }: InferenceOptions,
): PatchValues {
  return {
    first: graph.input('first', 'float32', [batch, frameTokens, firstPatch]),
    later:
      latentFrames === 1
        ? null
        : graph.input('later', 'float32', [batch, (latentFrames - 1) * frameTokens, laterPatch]),
  };
}
