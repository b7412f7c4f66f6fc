/**
 * The loop that both stages go through: shuffled steps, evaluation after every epoch, checkpoints. Whatever a checkpoint holds
 * follows from config, seed and data, never from the clock or from where a run was cut, so that a resumed run goes on bit
 * for bit.
 */
import type { CheckpointManifest, StageMetrics } from '#main/ml/format/manifest.ts';
import { learningRateAt } from '#main/ml/optim/schedule.ts';
import { Random, type RandomState } from '#shared/domain/random.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { breathe } from '../runtime/breathe.ts';
import { CheckpointSaver, memoryOf } from '../runtime/checkpoint-saver.ts';
import type { Checkpoint } from '../runtime/checkpoint-store.ts';
import type { FileContents } from '../runtime/write-folder.ts';
import { initialState, Trainer } from '../runtime/trainer.ts';
import { readTrainerState, writeTrainerState } from '../runtime/trainer-state.ts';
import { computedWith } from './computed-with.ts';
import { IdleMeter } from './idle-meter.ts';
import { CURVES_FILE, type MetricsReporter } from './metrics.ts';
import { ReadAhead } from './read-ahead.ts';
import type { TrainingRun } from './run.ts';
import type { Evaluator, Stage, StageGraphs, ValValues } from './stage.ts';
import type { StageSchedule } from './stage-schedule.ts';

interface Going {
  schedule: StageSchedule;
  reporter: MetricsReporter;
  resumed: Checkpoint | null;
}

export class StageTraining {
  readonly #stage: Stage;
  readonly #run: TrainingRun;
  readonly #schedule: StageSchedule;
  readonly #graphs: StageGraphs;
  readonly #trainer: Trainer;
  readonly #metrics: StageMetrics;
  readonly #reporter: MetricsReporter;
  readonly #feed: ReadAhead;
  readonly #idle = new IdleMeter();
  readonly #saver: CheckpointSaver;
  /** The random state after the last whole step: what a step under way has drawn does not count until it is done. */
  #randomState: RandomState;
  #savedStep: number;
  /** Whether the weights still lack the evaluation that belongs to their step. */
  #owesEvaluation: boolean;

  private constructor(
    stage: Stage,
    run: TrainingRun,
    { schedule, reporter, resumed }: Going,
    { graphs, trainer, saver }: { graphs: StageGraphs; trainer: Trainer; saver: CheckpointSaver },
  ) {
    this.#stage = stage;
    this.#run = run;
    this.#schedule = schedule;
    this.#reporter = reporter;
    this.#graphs = graphs;
    this.#trainer = trainer;
    this.#saver = saver;
    this.#feed = new ReadAhead(stage, schedule, trainer.step);
    this.#randomState =
      (resumed?.manifest.random as RandomState | undefined) ??
      Random.seeded(run.spec.config.seed, stage.name).state;
    this.#metrics = resumed?.manifest.metrics ?? { valLossBefore: null, valLossBest: null, valPoints: [] };
    this.#savedStep = resumed?.manifest.step ?? -1;
    this.#owesEvaluation = schedule.evaluatesAt(trainer.step) && (resumed?.manifest.valLoss ?? null) === null;
  }

  static async open(stage: Stage, run: TrainingRun, going: Going): Promise<StageTraining> {
    const { device, threads, config } = run.spec;
    const state = going.resumed
      ? readTrainerState(going.resumed, stage.parameters, {
          saved: going.resumed.manifest.config[stage.name].optimizer,
          optimizer: stage.settings.optimizer,
        })
      : initialState(
          stage.parameters,
          stage.settings.optimizer,
          new Map([...stage.parameters.initialise(config.seed), ...(stage.startWeights ?? [])]),
        );
    const graphs = stage.buildGraphs();
    const trainer = await Trainer.create(
      {
        compute: { device, threads },
        parameters: stage.parameters,
        optimizer: stage.settings.optimizer,
        ...graphs,
      },
      state,
    );
    return new StageTraining(stage, run, going, { graphs, trainer, saver: new CheckpointSaver() });
  }

  /** Throws AppError `cancelled` when asked to stop, after saving what has been learned since the last checkpoint. */
  async toEnd(): Promise<StageMetrics> {
    try {
      await this.#goOn();
      await this.#saver.finish();
    } catch (error) {
      const isStopped = error instanceof AppError && error.code === 'cancelled';
      if (isStopped) {
        if (this.#savedStep !== this.#trainer.step) await this.#save(null);
        await this.#saver.finish();
      }
      throw error;
    } finally {
      this.#reporter.flush();
    }
    return this.#metrics;
  }

  async dispose(): Promise<void> {
    await this.#saver.dispose();
    await this.#trainer.dispose();
  }

  async #goOn(): Promise<void> {
    const { context } = this.#run;
    const { totalSteps } = this.#schedule;
    const phase = `train-${this.#stage.name}`;
    if (this.#owesEvaluation) await this.#evaluateAndSave();
    while (this.#trainer.step < totalSteps) {
      context.progress(phase, this.#trainer.step, totalSteps);
      await this.#step();
      context.did(phase);
      const { step } = this.#trainer;
      this.#owesEvaluation = this.#schedule.evaluatesAt(step);
      if (this.#owesEvaluation) await this.#evaluateAndSave();
      else if (this.#schedule.savesAt(step)) await this.#save(null);
      await breathe(context.signal);
      this.#saver.check();
    }
    context.progress(phase, totalSteps, totalSteps);
  }

  async #step(): Promise<void> {
    const { batch, optimizer } = this.#stage.settings;
    const before = this.#trainer.step;
    const startedAt = performance.now();
    const random = Random.restored(this.#randomState);
    const losses: Record<string, number[]> = {};
    let flops = 0;
    for (let clips = 0; clips < batch; clips += this.#stage.microBatchSize) {
      const make = await this.#feed.next();
      const { task, batch } = make(random);
      const { loss } = await this.#idle.during(() => this.#trainer.accumulate(task, batch));
      (losses[this.#stage.curves[task]!] ??= []).push(loss!);
      flops += this.#graphs.tasks[task]!.flops;
      // A large batch takes minutes: what it has summed up so far is thrown away, and drawn again by the next attempt.
      await breathe(this.#run.context.signal);
    }
    const learningRate = learningRateAt(optimizer, before, this.#schedule.totalSteps);
    const { gradientNorm } = await this.#idle.during(() => this.#trainer.update(learningRate));
    const { step } = this.#trainer;
    this.#randomState = random.state;
    // Before anything is saved: the newest checkpoint must be one that training can go on from.
    const values = [...Object.values(losses).flat(), gradientNorm];
    if (!values.every(Number.isFinite)) throw new AppError('loss-not-finite', { step });
    if (!this.#reporter.wants(step)) return;
    const seconds = (performance.now() - startedAt) / 1000;
    const epoch = this.#schedule.epochAt(step);
    this.#reporter.add(step, epoch, {
      ...Object.fromEntries(Object.entries(losses).map(([curve, parts]) => [curve, mean(parts)])),
      lr: learningRate,
      'grad-norm': gradientNorm,
    });
    this.#reporter.addMeasured(step, epoch, {
      'clips-per-second': batch / seconds,
      gflops: flops / seconds / 1e9,
      'idle-share': this.#idle.lap(),
    });
  }

  /** Held-out values of the current weights go onto the curves and, as what checkpoints are compared by, into the checkpoint. */
  async #evaluateAndSave(): Promise<void> {
    const { step } = this.#trainer;
    const evaluate: Evaluator['evaluate'] = (graph, batch) =>
      this.#idle.during(() => this.#trainer.evaluate(graph, batch));
    const values = await this.#stage.evaluate({ evaluate }, this.#run.context.signal);
    this.#run.context.did(`evaluate-${this.#stage.name}`);
    this.#owesEvaluation = false;
    if (values) {
      const loss = values['loss/val'];
      if (step === 0) this.#metrics.valLossBefore = loss;
      this.#metrics.valLossBest = Math.min(loss, this.#metrics.valLossBest ?? Infinity);
      this.#metrics.valPoints.push(...this.#reporter.add(step, this.#schedule.epochAt(step), values));
    }
    // Without held-out clips a checkpoint that has just been resumed from would be written again as it is.
    if (values || this.#savedStep !== step) await this.#save(values);
  }

  /** Hands a copy of the state to the saver, and goes on. */
  async #save(values: ValValues | null): Promise<void> {
    const { run, stage, schedule } = { run: this.#run, stage: this.#stage, schedule: this.#schedule };
    const { config, device } = run.spec;
    const { step } = this.#trainer;
    // One state in memory besides the one that is trained, not two.
    await this.#saver.finish();
    const state = writeTrainerState(
      await this.#trainer.exportState(),
      stage.parameters,
      stage.settings.optimizer,
    );
    const draft = {
      stage: stage.name,
      step,
      epoch: schedule.epochAt(step),
      config,
      snapshot: { id: run.snapshot.id, hash: run.snapshot.hash },
      cursor: schedule.cursorAt(step),
      random: [...this.#randomState],
      metrics: structuredClone(this.#metrics),
      valLoss: values?.['loss/val'] ?? null,
      computedWith: computedWith(run.spec),
      bridges: !schedule.savesAt(step),
      tokenizerStep: stage.tokenizerStep,
    };
    const files = new Map<string, FileContents>([
      ...state,
      ...stage.files,
      // Checkpoints lie at most `checkpointEvery` steps apart: together they hold every point of the curves.
      [CURVES_FILE, this.#reporter.recentFile(step - config.checkpointEvery)],
    ]);
    await this.#saver.save(
      { checkpoints: run.checkpoints, draft, files, rotation: schedule.rotationAt(step) },
      memoryOf(state, device),
      () => {
        this.#reporter.flush();
        announce(draft, run);
      },
    );
    this.#savedStep = step;
    run.context.did(`save-${stage.name}`);
  }
}

type Announced = Pick<CheckpointManifest, 'stage' | 'step' | 'valLoss' | 'metrics'>;

/** Tells the engine of a checkpoint that is complete on disk. */
export function announce({ stage, step, valLoss, metrics }: Announced, { context }: TrainingRun): void {
  const best = valLoss !== null && valLoss === metrics.valLossBest;
  context.emit('checkpoint', { stage, step, valLoss, best });
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
