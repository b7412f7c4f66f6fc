/** What the trainer needs to train and evaluate a GPT: inputs of a micro-batch, and the loss of each task. */
import type { TensorType } from '../onnx/dtype.ts';
import type { Lowering } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import { Dropout } from '../nn/dropout.ts';
import type { Task } from '../training/gradient-graph.ts';
import { Gpt } from './model.ts';
import { gptParameters, type GptTask } from './parameters.ts';
import { captionLosses, frameLosses, rasterLosses } from './sequences.ts';
import type { GptShape } from './shape.ts';

export interface GptTaskOptions {
  /** Clips a micro-batch. */
  batch: number;
  /** 0 for evaluation. */
  dropout?: number;
  lowering?: Lowering;
}

/**
 * For `buildGradientGraph` (training) and `buildLossGraph` (evaluation); `generateFeeds` and `captionFeeds` make the
 * batches. The loss is in nats a token; the metrics `nats` and `counts` are what it is the quotient of, so that a mean over
 * many batches is Σ nats / Σ counts. It is exact in `raster` order and for captions, an upper bound in `frame` order.
 */
export function gptTask(kind: GptTask, shape: GptShape, options: GptTaskOptions): Task {
  const { batch, dropout = 0, lowering } = options;
  return {
    parameters: gptParameters(shape),
    inputs: batchTypes(kind, shape, batch, dropout),
    ...(lowering && { lowering }),
    loss: (graph, parameters, inputs) => {
      const gpt = new Gpt(shape, graph, parameters, new Dropout(dropout, inputs['seed']));
      const input = (name: string) => inputs[name]!;
      const { nats_B, counts_B } =
        kind === 'caption'
          ? captionLosses(gpt, input('text'), input('tokens'))
          : shape.order === 'raster'
            ? rasterLosses(gpt, input('text'), input('tokens'))
            : frameLosses(gpt, input('text'), input('tokens'), input('masked'), input('weights'));
      const nats = op.reduceSum(op.mul(nats_B, input('present')));
      const counts = op.reduceSum(op.mul(counts_B, input('present')));
      // A batch of clips that all lack a caption has the loss 0.
      return { loss: op.div(nats, op.maximum(counts, 1)), metrics: { nats, counts } };
    },
  };
}

function batchTypes(
  kind: GptTask,
  shape: GptShape,
  batch: number,
  dropout: number,
): Record<string, TensorType> {
  const video = [batch, shape.videoTokens];
  return {
    text: { dtype: 'int32', shape: [batch, shape.textLength] },
    tokens: { dtype: 'int32', shape: video },
    present: { dtype: 'float32', shape: [batch] },
    ...(kind === 'generate' && shape.order === 'frame'
      ? { masked: { dtype: 'int32', shape: video }, weights: { dtype: 'float32', shape: video } }
      : {}),
    ...(dropout > 0 ? { seed: { dtype: 'int32', shape: [] } } : {}),
  };
}
