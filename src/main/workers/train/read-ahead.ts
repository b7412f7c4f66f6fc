/** Reads the clips of the next micro-batches while graphs run, in the order in which they are trained on. */
import type { MakeMicroBatch, Stage } from './stage.ts';
import type { StageSchedule } from './stage-schedule.ts';

/**
 * A graph blocks the event loop of this process; between two of them each read under way gets on by one operation. Reading a
 * window takes four (open, measure, read, close), so a micro-batch that is asked for so far ahead is there in time.
 */
const AHEAD = 4;

export class ReadAhead {
  readonly #stage: Stage;
  readonly #schedule: StageSchedule;
  readonly #underWay: Promise<MakeMicroBatch>[] = [];
  /** Clips that have been asked for since the start of training. */
  #position: number;

  /** Starts with the first micro-batch after `step`. */
  constructor(stage: Stage, schedule: StageSchedule, step: number) {
    this.#stage = stage;
    this.#schedule = schedule;
    this.#position = step * stage.settings.batch;
  }

  /** The next micro-batch of the stage. Nothing random has been drawn for it yet. */
  async next(): Promise<MakeMicroBatch> {
    const { batch } = this.#stage.settings;
    const end = this.#schedule.totalSteps * batch;
    while (this.#underWay.length <= AHEAD && this.#position < end) {
      const clips = this.#schedule.clips(this.#position, this.#stage.microBatchSize);
      this.#position += clips.length;
      const read = this.#stage.load(clips);
      // Whoever takes it hears of its failure; until then nobody listens.
      read.catch(() => {});
      this.#underWay.push(read);
    }
    const next = this.#underWay.shift();
    if (!next) throw new Error('Training is at its end: there is no further micro-batch');
    return next;
  }
}
