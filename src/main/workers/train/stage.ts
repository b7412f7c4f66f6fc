/** A stage of training, tokenizer or GPT: what makes it the one it is. */
import type { ParameterSet, Weights } from '#main/ml/nn/parameters.ts';
import type { Random } from '#shared/domain/random.ts';
import type { TrainingGraph } from '#main/ml/training/gradient-graph.ts';
import type { TrainingStage } from '#shared/contract/training.ts';
import type { OptimizerConfig } from '#shared/domain/optimizer-config.ts';
import type { Batch, Trainer } from '../runtime/trainer.ts';

export interface Stage {
  readonly name: TrainingStage;
  readonly settings: { epochs: number; batch: number; optimizer: OptimizerConfig };
  /** Clips a pass through the graph; `settings.batch` is a multiple of it. */
  readonly microBatchSize: number;
  readonly parameters: ParameterSet;
  /** Where some parameters start; null, or what it lacks, is drawn at random. */
  readonly startWeights: Weights | null;
  /** On which curve the loss of each task goes. */
  readonly curves: Readonly<Record<string, string>>;
  /** Files that a checkpoint needs beside the trainer's state. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly tokenizerStep: number | null;
  /** Takes up to seconds; a stage that has reached its end needs none. */
  buildGraphs(): StageGraphs;
  /** Reads the clips of a micro-batch, given as positions in the train split. Nothing random: it is called ahead of time. */
  load(clips: readonly number[]): Promise<MakeMicroBatch>;
  /**
   * Means over the held-out clips; `loss/val` is what checkpoints are compared by. Null when there are none. Throws AppError
   * `cancelled` once `signal` is aborted.
   */
  evaluate(evaluator: Evaluator, signal: AbortSignal): Promise<ValValues | null>;
}

/** Runs one of the stage's evaluations on the current weights; returns its scalars. */
export type Evaluator = Pick<Trainer, 'evaluate'>;

export interface StageGraphs {
  /** With gradients, by name of the task. */
  readonly tasks: Readonly<Record<string, TrainingGraph>>;
  /** For `Stage.evaluate`. */
  readonly evaluations: Readonly<Record<string, TrainingGraph>>;
}

/** Makes a micro-batch of clips that have been read, and draws what is random about it. */
export type MakeMicroBatch = (random: Random) => MicroBatch;

export interface MicroBatch {
  task: string;
  batch: Batch;
}

export type ValValues = { 'loss/val': number } & Record<string, number>;
