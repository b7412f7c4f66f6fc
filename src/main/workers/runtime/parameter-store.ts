/** Where weights, optimizer state and gradients live while a model is trained, and how they are moved on. */
import type { OptimizerConfig } from '#shared/domain/optimizer-config.ts';
import type { ParameterSet, Weights } from '#main/ml/nn/parameters.ts';
import type { Compute, RuntimeTensor } from './session.ts';

/** Values by key, as `slotSpecs` names them. */
export type Slots = ReadonlyMap<string, Float32Array>;

export interface StoreOptions {
  compute: Compute;
  parameters: ParameterSet;
  optimizer: OptimizerConfig;
}

export interface UpdateInfo {
  /** Number of the update, counted from 1. */
  step: number;
  learningRate: number;
  /** How many micro-batches the gradients were added up from. */
  microBatches: number;
}

export interface ParameterStore {
  /** The weights as they are trained. */
  weights(names: readonly string[]): Record<string, RuntimeTensor>;
  /** The weights as they are used: the running average where one is kept. */
  averagedWeights(names: readonly string[]): Record<string, RuntimeTensor>;
  /** Tensors to write gradients into, by parameter; undefined where the runtime allocates them. */
  gradientTarget(name: string): RuntimeTensor | undefined;
  /** Adds what a run left in the targets, or gives in `results`, to the gradients of this step. */
  addGradients(results: ReadonlyMap<string, RuntimeTensor>): Promise<void>;
  /** Moves weights and slots on by the mean of the gradients, and forgets those. Returns its norm before clipping. */
  update(info: UpdateInfo): Promise<number>;
  /** Copies of weights and slots by name and key. */
  export(): Promise<{ weights: Map<string, Float32Array>; slots: Map<string, Float32Array> }>;
  dispose(): Promise<void>;
}

export interface StoreContents {
  weights: Weights;
  slots: Slots;
}
