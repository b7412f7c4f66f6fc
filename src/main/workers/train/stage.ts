/**
 * The loop that both stages go through: shuffled steps, evaluation after every epoch, checkpoints, and going on from the
 * newest of them bit for bit.
 */
import { isDeepStrictEqual } from 'node:util';
import type { StageMetrics } from '#main/ml/format/manifest.ts';
import type { ParameterSet } from '#main/ml/nn/parameters.ts';
import { learningRateAt } from '#main/ml/optim/schedule.ts';
import { Random, type RandomState } from '#shared/domain/random.ts';
import type { TrainingGraph } from '#main/ml/training/gradient-graph.ts';
import type { TrainingStage } from '#shared/contract/training.ts';
import type { OptimizerConfig, TrainingConfig } from '#shared/domain/training-config.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { breathe } from '../runtime/breathe.ts';
import {
  newestCheckpoint,
  rotateCheckpoints,
  writeCheckpoint,
  type Checkpoint,
} from '../runtime/checkpoint-store.ts';
import { reportDamage } from '../runtime/load-checkpoint.ts';
import { initialState, Trainer, type Batch } from '../runtime/trainer.ts';
import { readTrainerState, writeTrainerState } from '../runtime/trainer-state.ts';
import { DataOrder } from './data-order.ts';
import { MetricsReporter } from './metrics.ts';
import type { TrainingRun } from './run.ts';

/** What makes a stage the one it is. */
export interface Stage {
  readonly name: TrainingStage;
  readonly settings: { epochs: number; batch: number; optimizer: OptimizerConfig };
  readonly parameters: ParameterSet;
  readonly tasks: Readonly<Record<string, TrainingGraph>>;
  /** On which curve the loss of each task goes. */
  readonly curves: Readonly<Record<string, string>>;
  readonly evaluations: Readonly<Record<string, TrainingGraph>>;
  /** The clips of a step, given as positions in the train split, cut into micro-batches; draws what is random from `random`. */
  microBatches(clips: number[], random: Random): Promise<MicroBatch[]>;
  /** Means over the held-out clips; `loss/val` is what checkpoints are compared by. Null when there are none. */
  evaluate(trainer: Trainer): Promise<ValValues | null>;
  /** Files that a checkpoint needs beside the trainer's state. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly tokenizerStep: number | null;
}

export interface MicroBatch {
  task: string;
  batch: Batch;
}

export type ValValues = { 'loss/val': number } & Record<string, number>;

/** Trains a stage to its end, from its newest checkpoint if there is one. Throws AppError `cancelled`, `loss-not-finite`. */
export async function trainStage(stage: Stage, run: TrainingRun): Promise<StageMetrics> {
  const resumed = await newestCheckpoint(run.checkpoints, stage.name, reportDamage);
  if (resumed) requireSameModel(resumed, stage, run);
  const training = await StageTraining.open(stage, run, resumed);
  try {
    return await training.toEnd();
  } finally {
    await training.dispose();
  }
}

class StageTraining {
  readonly #stage: Stage;
  readonly #run: TrainingRun;
  readonly #trainer: Trainer;
  readonly #random: Random;
  readonly #metrics: StageMetrics;
  readonly #order: DataOrder;
  readonly #totalSteps: number;
  readonly #reporter: MetricsReporter;
  #savedStep: number;

  private constructor(stage: Stage, run: TrainingRun, trainer: Trainer, resumed: Checkpoint | null) {
    const { seed } = run.spec.config;
    this.#stage = stage;
    this.#run = run;
    this.#trainer = trainer;
    this.#random = resumed
      ? Random.restored(resumed.manifest.random as unknown as RandomState)
      : Random.seeded(seed, stage.name);
    this.#metrics = resumed?.manifest.metrics ?? { valLossBefore: null, valLossBest: null, valPoints: [] };
    this.#order = new DataOrder(run.train.length, seed);
    this.#totalSteps = Math.ceil((stage.settings.epochs * run.train.length) / stage.settings.batch);
    this.#reporter = new MetricsReporter(stage.name, this.#totalSteps, (points) =>
      run.context.emit('metrics', { points }),
    );
    this.#savedStep = resumed ? resumed.manifest.step : -1;
  }

  static async open(stage: Stage, run: TrainingRun, resumed: Checkpoint | null): Promise<StageTraining> {
    const { device, threads, config } = run.spec;
    const state = resumed
      ? readTrainerState(resumed, stage.parameters)
      : initialState(stage.parameters, config.seed);
    const trainer = await Trainer.create(
      {
        compute: { device, threads },
        parameters: stage.parameters,
        optimizer: stage.settings.optimizer,
        tasks: stage.tasks,
        evaluations: stage.evaluations,
      },
      state,
    );
    return new StageTraining(stage, run, trainer, resumed);
  }

  async toEnd(): Promise<StageMetrics> {
    const { context } = this.#run;
    const phase = `train-${this.#stage.name}`;
    if (this.#savedStep < 0) {
      const values = await this.#evaluate();
      this.#metrics.valLossBefore = values?.['loss/val'] ?? null;
      await this.#save(values);
    }
    while (this.#trainer.step < this.#totalSteps) {
      context.progress(phase, this.#trainer.step, this.#totalSteps);
      await this.#step();
      const step = this.#trainer.step;
      if (this.#endsEpoch(step)) await this.#save(await this.#evaluate());
      else if (step % this.#run.spec.config.checkpointEvery === 0) await this.#save(null);
      await this.#stopIfAsked();
    }
    context.progress(phase, this.#totalSteps, this.#totalSteps);
    this.#reporter.flush();
    return this.#metrics;
  }

  dispose(): Promise<void> {
    return this.#trainer.dispose();
  }

  async #step(): Promise<void> {
    const { batch, optimizer } = this.#stage.settings;
    const before = this.#trainer.step;
    const startedAt = performance.now();
    const clips = this.#order.batch(before * batch, batch);
    const microBatches = await this.#stage.microBatches(clips, this.#random);
    const losses: Record<string, number[]> = {};
    let flops = 0;
    for (const { task, batch } of microBatches) {
      const { loss } = await this.#trainer.accumulate(task, batch);
      (losses[this.#stage.curves[task]!] ??= []).push(loss!);
      flops += this.#stage.tasks[task]!.flops;
    }
    const learningRate = learningRateAt(optimizer, before, this.#totalSteps);
    const { gradientNorm } = await this.#trainer.update(learningRate);
    const step = this.#trainer.step;
    // Before anything is saved: the newest checkpoint must be one that training can go on from.
    const values = [...Object.values(losses).flat(), gradientNorm];
    if (!values.every(Number.isFinite)) throw new AppError('loss-not-finite', { step });
    if (!this.#reporter.wants(step)) return;
    const seconds = (performance.now() - startedAt) / 1000;
    this.#reporter.add(step, this.#epochAt(step), {
      ...Object.fromEntries(Object.entries(losses).map(([curve, parts]) => [curve, mean(parts)])),
      lr: learningRate,
      'grad-norm': gradientNorm,
      'clips-per-second': batch / seconds,
      gflops: flops / seconds / 1e9,
    });
  }

  /** Held-out values of the current weights; the points go onto the curves, and the best loss is kept in mind. */
  async #evaluate(): Promise<ValValues | null> {
    const values = await this.#stage.evaluate(this.#trainer);
    if (!values) return null;
    const { step } = this.#trainer;
    this.#metrics.valPoints.push(...this.#reporter.add(step, this.#epochAt(step), values));
    this.#metrics.valLossBest = Math.min(values['loss/val'], this.#metrics.valLossBest ?? Infinity);
    return values;
  }

  async #save(values: ValValues | null): Promise<void> {
    const { run, stage } = { run: this.#run, stage: this.#stage };
    const { step } = this.#trainer;
    const valLoss = values?.['loss/val'] ?? null;
    const files = writeTrainerState(await this.#trainer.exportState(), stage.parameters);
    await writeCheckpoint(
      run.checkpoints,
      {
        stage: stage.name,
        step,
        epoch: this.#epochAt(step),
        config: run.spec.config,
        snapshot: { id: run.snapshot.id, hash: run.snapshot.hash },
        cursor: this.#order.cursorAt(step * stage.settings.batch),
        random: [...this.#random.state],
        metrics: this.#metrics,
        valLoss,
        tokenizerStep: stage.tokenizerStep,
      },
      new Map([...files, ...stage.files]),
    );
    await rotateCheckpoints(run.checkpoints, stage.name, run.spec.config.keepCheckpoints);
    this.#savedStep = step;
    this.#reporter.flush();
    const best = valLoss !== null && valLoss === this.#metrics.valLossBest;
    run.context.emit('checkpoint', { stage: stage.name, step, valLoss, best });
  }

  async #stopIfAsked(): Promise<void> {
    try {
      await breathe(this.#run.context.signal);
    } catch (error) {
      if (this.#savedStep !== this.#trainer.step) await this.#save(null);
      throw error;
    }
  }

  #epochAt(step: number): number {
    return Math.min(
      this.#stage.settings.epochs,
      (step * this.#stage.settings.batch) / this.#run.train.length,
    );
  }

  /** Whether the step used the last clip of an epoch; the very last step ends the last one. */
  #endsEpoch(step: number): boolean {
    const { batch } = this.#stage.settings;
    const epoch = (s: number) => this.#order.cursorAt(s * batch).epoch;
    return step === this.#totalSteps || epoch(step) > epoch(step - 1);
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Learning rates and lengths may change on resume; what the weights mean may not. */
function requireSameModel({ manifest }: Checkpoint, stage: Stage, { spec, snapshot }: TrainingRun): void {
  const meaning = (config: TrainingConfig) => [
    config.window,
    config.tokenizer.model,
    config[stage.name].model,
  ];
  if (!isDeepStrictEqual(meaning(manifest.config), meaning(spec.config))) {
    throw new AppError('invalid-input', {
      field: 'config',
      problem: 'the run has checkpoints of another model',
    });
  }
  if (manifest.snapshot.hash !== snapshot.hash) {
    throw new AppError('invalid-input', {
      field: 'snapshotPath',
      problem: 'the run has checkpoints of another snapshot',
    });
  }
}
