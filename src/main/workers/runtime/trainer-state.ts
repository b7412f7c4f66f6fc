/** The trainer's state as files of a checkpoint, and back. */
import {
  readSafetensors,
  SafetensorsError,
  writeSafetensors,
  type SafeTensor,
} from '#main/ml/format/safetensors.ts';
import type { ParameterSet, Weights } from '#main/ml/nn/parameters.ts';
import { formatShape, sizeOf } from '#main/ml/onnx/dtype.ts';
import { mInput, vInput } from '#main/ml/training/update-graph.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { Checkpoint } from './checkpoint-store.ts';
import type { TrainerState } from './trainer.ts';

const WEIGHTS = 'weights.safetensors';
const OPTIMIZER = 'optimizer.safetensors';

export function writeTrainerState(state: TrainerState, parameters: ParameterSet): Map<string, Uint8Array> {
  const weights = new Map<string, SafeTensor>();
  const moments = new Map<string, SafeTensor>();
  for (const { name, shape } of parameters.specs) {
    const tensor = (values: Weights): SafeTensor => ({ dtype: 'F32', shape, data: values.get(name)! });
    weights.set(name, tensor(state.weights));
    moments.set(mInput(name), tensor(state.m));
    moments.set(vInput(name), tensor(state.v));
  }
  return new Map([
    [WEIGHTS, writeSafetensors(weights, { format: 'reelwright' })],
    [OPTIMIZER, writeSafetensors(moments)],
  ]);
}

/** Throws AppError `checkpoint-damaged`, naming the tensor that does not fit. */
export function readTrainerState(checkpoint: Checkpoint, parameters: ParameterSet): TrainerState {
  const moments = readFile(checkpoint, OPTIMIZER);
  return {
    step: checkpoint.manifest.step,
    weights: readWeights(checkpoint, parameters),
    m: pick(checkpoint, moments, parameters, mInput),
    v: pick(checkpoint, moments, parameters, vInput),
  };
}

/** The weights alone, for everything but going on with training. */
export function readWeights(checkpoint: Checkpoint, parameters: ParameterSet): Map<string, Float32Array> {
  return pick(checkpoint, readFile(checkpoint, WEIGHTS), parameters, (name) => name);
}

function readFile(checkpoint: Checkpoint, name: string): Map<string, SafeTensor> {
  const bytes = checkpoint.files.get(name);
  if (!bytes) throw damaged(checkpoint, `${name} is missing`);
  try {
    return readSafetensors(bytes).tensors;
  } catch (error) {
    if (error instanceof SafetensorsError) throw damaged(checkpoint, `${name}: ${error.message}`);
    throw error;
  }
}

function pick(
  checkpoint: Checkpoint,
  tensors: Map<string, SafeTensor>,
  parameters: ParameterSet,
  key: (name: string) => string,
): Map<string, Float32Array> {
  return new Map(
    parameters.specs.map(({ name, shape }) => {
      const tensor = tensors.get(key(name));
      if (tensor?.dtype !== 'F32' || tensor.data.length !== sizeOf(shape)) {
        throw damaged(checkpoint, `${key(name)}: expected F32 ${formatShape(shape)}`);
      }
      return [name, tensor.data];
    }),
  );
}

const damaged = ({ folder }: Checkpoint, detail: string) =>
  new AppError('checkpoint-damaged', { path: folder, detail });
