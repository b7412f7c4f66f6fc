/** When a stage does what: which clips a step learns from, and after which steps it is evaluated and saved. */
import type { TrainingConfig } from '#shared/domain/training-config.ts';
import type { TrainingStage } from '#shared/contract/training.ts';
import type { Rotation } from '../runtime/checkpoint-store.ts';
import { DataOrder, type DataCursor } from './data-order.ts';

export class StageSchedule {
  readonly totalSteps: number;
  readonly #epochs: number;
  readonly #batch: number;
  readonly #clips: number;
  readonly #checkpointEvery: number;
  readonly #keepCheckpoints: number;
  readonly #order: DataOrder;

  /** `clips`: how many are trained on. Everything follows from the settings alone. */
  constructor(stage: TrainingStage, config: TrainingConfig, clips: number) {
    const { epochs, batch } = config[stage];
    this.#epochs = epochs;
    this.#batch = batch;
    this.#clips = clips;
    this.#checkpointEvery = config.checkpointEvery;
    this.#keepCheckpoints = config.keepCheckpoints;
    this.#order = new DataOrder(clips, config.seed);
    this.totalSteps = Math.ceil((epochs * clips) / batch);
  }

  /** The clips that come after `position` others, as positions in the train split. */
  clips(position: number, count: number): number[] {
    return this.#order.batch(position, count);
  }

  /** What is used up after so many steps. */
  cursorAt(step: number): DataCursor {
    return this.#order.cursorAt(step * this.#batch);
  }

  /** Epochs done, with the part of the one under way. */
  epochAt(step: number): number {
    return Math.min(this.#epochs, (step * this.#batch) / this.#clips);
  }

  /** Before the first step, after the last one, and after each that used the last clip of an epoch. */
  evaluatesAt(step: number): boolean {
    return (
      step === 0 || step === this.totalSteps || this.cursorAt(step).epoch > this.cursorAt(step - 1).epoch
    );
  }

  /** Wherever it is evaluated, and every so many steps in between. A run that is stopped is also saved elsewhere. */
  savesAt(step: number): boolean {
    return this.evaluatesAt(step) || step % this.#checkpointEvery === 0;
  }

  /** What stays when the checkpoint of `step` is the newest. */
  rotationAt(step: number): Rotation {
    return { newest: step, keep: this.#keepCheckpoints };
  }
}
