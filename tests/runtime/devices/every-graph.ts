/** Every graph that training and sampling run, of models so small that a GPU made of software gets through them. */
import { newCacheGraph, nextCacheGraph } from '#main/ml/gpt/cache-graphs.ts';
import { continuationGraph, continuedBy, prefixGraph } from '#main/ml/gpt/inference.ts';
import { gptParameters, type GptTask } from '#main/ml/gpt/parameters.ts';
import type { GptShape } from '#main/ml/gpt/shape.ts';
import { gptTask, type GptSequence } from '#main/ml/gpt/training-task.ts';
import { encodeModel, type Model } from '#main/ml/onnx/encode.ts';
import type { Lowering } from '#main/ml/onnx/graph.ts';
import { decodeGraph, encodeGraph } from '#main/ml/tokenizer/graphs.ts';
import { tokenizerParameters } from '#main/ml/tokenizer/model.ts';
import { tokenizerShape } from '#main/ml/tokenizer/shape.ts';
import { reconstructionEvaluation, reconstructionTask } from '#main/ml/tokenizer/training.ts';
import { buildGradientGraph, buildLossGraph } from '#main/ml/training/gradient-graph.ts';
import { buildSumGraph, buildUpdateGraph } from '#main/ml/training/update-graph.ts';
import { optimizerConfig, optimizerKinds } from '#shared/domain/optimizer-config.ts';
import { tokenizerConfig } from '#shared/domain/training-config.ts';
import { tinyShapeWithFeature } from '../gpt/tiny-gpt.ts';

const orders = ['frame', 'raster'] as const;
const sequences: readonly GptSequence[] = ['generate', 'caption', 'conditioned'];
/** `loop` differs from `inbetween` by a number. */
const gptTasks: readonly GptTask[] = ['generate', 'caption', 'inbetween'];
export const tinyTokenizer = tokenizerShape(
  tokenizerConfig.parse({ width: 32, heads: 2, depth: 1, strideS: 8, levels: [5, 3, 2] }),
  { frames: 5, size: 16 },
);

/** Name of one more graph, with a node that no GPU can take: the test proves with it that it would notice. */
export const STRANGER = 'with a node that belongs to the CPU';

/** By a name that says which graph it is. */
export function everyGraph(lowering: Lowering): Map<string, Model> {
  const graphs = new Map<string, Model>();
  for (const order of orders) {
    const shape = tinyShapeWithFeature(order);
    for (const [name, model] of gptGraphs(shape, lowering)) graphs.set(`gpt ${order} ${name}`, model);
  }
  for (const [name, model] of tokenizerGraphs(lowering)) graphs.set(`tokenizer ${name}`, model);
  const parameters = gptParameters(tinyShapeWithFeature('frame'));
  for (const kind of optimizerKinds) {
    for (const ema of [0, 0.9]) {
      const name = `update ${kind}${ema > 0 ? ' with average' : ''}`;
      graphs.set(name, buildUpdateGraph(parameters, optimizerConfig.parse({ kind, ema }), lowering));
    }
  }
  const shapes = new Map(parameters.specs.map(({ name, shape }) => [name, shape]));
  graphs.set('gradient sum', buildSumGraph(shapes, lowering));
  return graphs;
}

function* gptGraphs(shape: GptShape, lowering: Lowering): Generator<[string, Model]> {
  const weights = gptParameters(shape).initialise(1);
  const options = { batch: 2, lowering };
  for (const kind of sequences) {
    const training = gptTask(kind, shape, { ...options, dropout: 0.1 });
    yield [`${kind} gradients`, buildGradientGraph(training).model];
    yield [`${kind} gradients, recomputed`, buildGradientGraph(training, { recompute: true }).model];
    yield [`${kind} evaluation`, buildLossGraph(gptTask(kind, shape, options)).model];
  }
  for (const task of gptTasks) {
    yield [`${task} prefix`, encodeModel(prefixGraph(weights, shape, { task, repeat: 3, ...options }))];
    const kind = continuedBy(task);
    const queries = kind === 'video' && shape.order === 'frame' ? shape.frameTokens : 1;
    const cache = { capacity: 16, ...options };
    const continuation = { kind, queries, ...cache } as const;
    yield [`${task} continuation`, encodeModel(continuationGraph(weights, shape, continuation))];
    yield [`${task} new cache`, encodeModel(newCacheGraph(shape, { count: 7, ...cache }))];
    yield [`${task} next cache`, encodeModel(nextCacheGraph(shape, { count: queries, ...cache }))];
  }
}

function* tokenizerGraphs(lowering: Lowering): Generator<[string, Model]> {
  const shape = tinyTokenizer;
  const weights = tokenizerParameters(shape).initialise(1);
  const task = { microBatch: 2, lowering };
  const training = reconstructionTask(shape, task);
  yield ['gradients', buildGradientGraph(training).model];
  yield ['gradients, recomputed', buildGradientGraph(training, { recompute: true }).model];
  yield ['evaluation', buildLossGraph(reconstructionEvaluation(shape, task)).model];
  for (const latentFrames of [1, shape.T]) {
    const options = { batch: 1, latentFrames, lowering };
    yield [`encode ${latentFrames}`, encodeModel(encodeGraph(weights, shape, options))];
    yield [`decode ${latentFrames}`, encodeModel(decodeGraph(weights, shape, options))];
  }
}
