/** What the tokenizer learns: to give back the pixels that went in, through the codes. */
import type { BoundParameters } from '../nn/parameters.ts';
import type { Lowering, Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import type { BatchTypes, Task } from '../training/gradient-graph.ts';
import { quantize } from './fsq.ts';
import { clipErrors, reconstructionLoss, structureLoss } from './loss.ts';
import { decode, encode, tokenizerParameters, type PatchValues } from './model.ts';
import type { TokenizerShape } from './shape.ts';

/** Pixels run from -1 to 1: the peak of the signal is 2. */
const PEAK_SQUARED = 4;
/** Keeps the logarithm finite where a clip comes back exactly: at 100 dB. */
const MIN_ERROR = PEAK_SQUARED * 1e-10;

interface TaskOptions {
  /** Clips a pass. */
  microBatch: number;
  lowering: Lowering;
  /** What is trained, see `tokenizerParameters`. */
  part?: 'both' | 'decoder';
  /** Weight of `structureLoss` beside the distance of pixels. */
  structure?: number;
}

/** Batches are patches, see `toPatches`. */
export function reconstructionTask(
  shape: TokenizerShape,
  { microBatch, lowering, part, structure = 0 }: TaskOptions,
): Task {
  return {
    parameters: tokenizerParameters(shape, part),
    inputs: patchTypes(shape, microBatch),
    lowering,
    loss: (_graph, bound, inputs) => {
      const { original, copy } = reconstruct(shape, bound, inputs);
      return { loss: tokenizerLoss(original, copy, shape, structure) };
    },
  };
}

/** The same with the metric `psnr`: the mean over clips, in decibels. */
export function reconstructionEvaluation(shape: TokenizerShape, options: TaskOptions): Task {
  return {
    ...reconstructionTask(shape, options),
    loss: (_graph, bound, inputs) => {
      const { original, copy } = reconstruct(shape, bound, inputs);
      const errors_B = op.maximum(clipErrors(original, copy), MIN_ERROR);
      const decibels_B = op.mul(op.log(op.div(PEAK_SQUARED, errors_B)), 10 / Math.LN10);
      return {
        loss: tokenizerLoss(original, copy, shape, options.structure ?? 0),
        metrics: { psnr: op.reduceMean(decibels_B) },
      };
    },
  };
}

function tokenizerLoss(
  original: PatchValues,
  copy: PatchValues,
  shape: TokenizerShape,
  structure: number,
): Value {
  const distance = reconstructionLoss(original, copy);
  return structure === 0
    ? distance
    : op.add(distance, op.mul(structureLoss(original, copy, shape), structure));
}

function reconstruct(shape: TokenizerShape, parameters: BoundParameters, inputs: Record<string, Value>) {
  const original: PatchValues = { first: inputs.first!, later: inputs.later ?? null };
  const codes = quantize(encode(original, parameters, shape), shape.levels);
  return { original, copy: decode(codes, parameters, shape) };
}

/** A window of one frame has no later patches. */
function patchTypes({ T, frameTokens, firstPatch, laterPatch }: TokenizerShape, batch: number): BatchTypes {
  const first = { dtype: 'float32', shape: [batch, frameTokens, firstPatch] } as const;
  if (T === 1) return { first };
  return { first, later: { dtype: 'float32', shape: [batch, (T - 1) * frameTokens, laterPatch] } };
}
