/** What the trainer needs to train and evaluate a GPT: inputs of a micro-batch, and the loss of each task. */
import type { TensorType } from '../onnx/dtype.ts';
import type { Lowering } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import { Dropout } from '../nn/dropout.ts';
import type { Task } from '../training/gradient-graph.ts';
import { Gpt } from './model.ts';
import { gptParameters } from './parameters.ts';
import type { Given } from './prefix.ts';
import { captionLosses, frameLosses, rasterLosses } from './sequences.ts';
import type { GptShape } from './shape.ts';

/** Kinds of sequences, each a graph: `conditioned` serves the tasks `inbetween` and `loop`, row by row. */
export type GptSequence = 'generate' | 'caption' | 'conditioned';

export interface GptTaskOptions {
  /** Clips a micro-batch. */
  batch: number;
  /** 0 for evaluation. */
  dropout?: number;
  lowering?: Lowering;
}

/**
 * For `buildGradientGraph` (training) and `buildLossGraph` (evaluation); `generateFeeds`, `captionFeeds` and
 * `conditionedFeeds` make the batches. The loss is in nats a token; the metrics `nats` and `counts` are what it is the
 * quotient of, so that a mean over many batches is Σ nats / Σ counts. It is exact in `raster` order and for captions, an upper bound in `frame` order.
 */
export function gptTask(kind: GptSequence, shape: GptShape, options: GptTaskOptions): Task {
  const { batch, dropout = 0, lowering } = options;
  return {
    parameters: gptParameters(shape),
    inputs: batchTypes(kind, shape, batch, dropout),
    ...(lowering && { lowering }),
    loss: (graph, parameters, inputs) => {
      const gpt = new Gpt(shape, graph, parameters, new Dropout(dropout, inputs['seed']));
      const input = (name: string) => inputs[name]!;
      const given = (): Given => ({
        task: kind === 'conditioned' ? gpt.embedTasks(input('task')) : gpt.embedTask('generate', batch),
        text_BL: input('text'),
        feature_BF: inputs['feature'],
        condition_BP: inputs['condition'],
      });
      const { nats_B, counts_B } =
        kind === 'caption'
          ? captionLosses(gpt, input('text'), input('tokens'))
          : shape.order === 'raster'
            ? rasterLosses(gpt, given(), input('tokens'))
            : frameLosses(gpt, given(), input('tokens'), input('masked'), input('weights'));
      const nats = op.reduceSum(op.mul(nats_B, input('present')));
      const counts = op.reduceSum(op.mul(counts_B, input('present')));
      // A batch of clips that all lack a caption has the loss 0.
      return { loss: op.div(nats, op.maximum(counts, 1)), metrics: { nats, counts } };
    },
  };
}

function batchTypes(
  kind: GptSequence,
  shape: GptShape,
  batch: number,
  dropout: number,
): Record<string, TensorType> {
  const video = [batch, shape.videoTokens];
  return {
    text: { dtype: 'int32', shape: [batch, shape.textLength] },
    tokens: { dtype: 'int32', shape: video },
    present: { dtype: 'float32', shape: [batch] },
    ...(kind !== 'caption' && shape.textFeatures > 0
      ? { feature: { dtype: 'float32', shape: [batch, shape.textFeatures] } }
      : {}),
    ...(kind === 'conditioned'
      ? {
          task: { dtype: 'int32', shape: [batch, 1] },
          condition: { dtype: 'int32', shape: [batch, shape.frameTokens] },
        }
      : {}),
    ...(kind !== 'caption' && shape.order === 'frame'
      ? { masked: { dtype: 'int32', shape: video }, weights: { dtype: 'float32', shape: video } }
      : {}),
    ...(dropout > 0 ? { seed: { dtype: 'int32', shape: [] } } : {}),
  };
}
