/**
 * The trainer's state as files of a checkpoint, and back. `weights.safetensors` holds the weights as they are used; where those
 * are an average, `optimizer.safetensors` holds the weights as they are trained, beside the state of the optimizer.
 */
import { widen } from '#main/ml/format/half.ts';
import {
  readSafetensors,
  safetensorsParts,
  SafetensorsError,
  type SafeTensor,
} from '#main/ml/format/safetensors.ts';
import type { ParameterSet } from '#main/ml/nn/parameters.ts';
import { formatShape, sizeOf, type Shape } from '#main/ml/onnx/dtype.ts';
import { EMA_SLOT } from '#main/ml/optim/ema.ts';
import { initialSlots, slotKey, slotSpecs, type SlotSpec } from '#main/ml/optim/plan.ts';
import type { OptimizerConfig } from '#shared/domain/optimizer-config.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { Checkpoint } from './checkpoint-store.ts';
import type { TrainerState } from './trainer.ts';

export const WEIGHTS = 'weights.safetensors';
/** Twice the size of the weights: only needed to go on with training. */
export const OPTIMIZER = 'optimizer.safetensors';
/** Key of a weight as it is trained, where its average is what is used. */
const trainedKey = (parameter: string) => `trained/${parameter}`;

/** Files by name, as pieces to be written one after another: the memory of `weights` and `slots` itself. */
export function writeTrainerState(
  { weights, slots }: Omit<TrainerState, 'step'>,
  parameters: ParameterSet,
  optimizer: OptimizerConfig,
): Map<string, Uint8Array[]> {
  const used = new Map<string, SafeTensor>();
  const state = new Map<string, SafeTensor>();
  const tensor = (shape: Shape, data: Float32Array): SafeTensor => ({ dtype: 'F32', shape, data });
  for (const { name, shape } of parameters.specs) {
    const average = slots.get(slotKey(EMA_SLOT, name));
    used.set(name, tensor(shape, average ?? weights.get(name)!));
    if (average) state.set(trainedKey(name), tensor(shape, weights.get(name)!));
  }
  for (const { key, name, shape } of slotSpecs(parameters, optimizer))
    if (name !== EMA_SLOT) state.set(key, tensor(shape, slots.get(key)!));
  return new Map([
    [WEIGHTS, safetensorsParts(used, { format: 'reelwright' })],
    [OPTIMIZER, safetensorsParts(state)],
  ]);
}

/**
 * The state to go on from with `optimizer`, where the checkpoint was written with `saved`. An average may be begun or given up;
 * throws AppError `optimizer-changed` where other state is needed than was saved, `checkpoint-damaged`, naming the tensor,
 * where some is missing.
 */
export function readTrainerState(
  checkpoint: Checkpoint,
  parameters: ParameterSet,
  { saved, optimizer }: { saved: OptimizerConfig; optimizer: OptimizerConfig },
): TrainerState {
  const [savedSlots, wantedSlots] = [slotSpecs(parameters, saved), slotSpecs(parameters, optimizer)];
  if (momentKeys(savedSlots) !== momentKeys(wantedSlots))
    throw new AppError('optimizer-changed', { before: saved.kind, after: optimizer.kind });
  const used = readFile(checkpoint, WEIGHTS);
  const state = readFile(checkpoint, OPTIMIZER);
  const pick = (tensors: Map<string, SafeTensor>, key: string, shape: Shape) =>
    pickTensor(checkpoint, tensors, key, shape);
  const averaged = new Set(
    savedSlots.flatMap(({ name, parameter }) => (name === EMA_SLOT ? [parameter] : [])),
  );
  const weights = new Map(
    parameters.specs.map(({ name, shape }) => [
      name,
      averaged.has(name) ? pick(state, trainedKey(name), shape) : pick(used, name, shape),
    ]),
  );
  const slots = initialSlots(wantedSlots, weights);
  for (const { key, name, parameter, shape } of wantedSlots) {
    if (name !== EMA_SLOT) slots.set(key, pick(state, key, shape));
    else if (averaged.has(parameter)) slots.set(key, pick(used, parameter, shape));
  }
  return { step: checkpoint.manifest.step, weights, slots };
}

const momentKeys = (slots: readonly SlotSpec[]) =>
  slots.flatMap(({ name, key }) => (name === EMA_SLOT ? [] : [key])).join();

/** The weights alone, as they are used: for everything but going on with training. */
export function readWeights(checkpoint: Checkpoint, parameters: ParameterSet): Map<string, Float32Array> {
  const tensors = readFile(checkpoint, WEIGHTS);
  return new Map(
    parameters.specs.map(({ name, shape }) => [name, pickTensor(checkpoint, tensors, name, shape)]),
  );
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

function pickTensor(
  checkpoint: Checkpoint,
  tensors: Map<string, SafeTensor>,
  key: string,
  shape: Shape,
): Float32Array {
  const tensor = tensors.get(key);
  const values = tensor && widen(tensor);
  if (values?.length !== sizeOf(shape))
    throw damaged(
      checkpoint,
      `${key}: expected F32, F16 or BF16 ${formatShape(shape)}, found ${tensor ? formatShape(tensor.shape) : 'none'}`,
    );
  return values;
}

const damaged = ({ folder }: Checkpoint, detail: string) =>
  new AppError('checkpoint-damaged', { path: folder, detail });
