/** What the run in the form would take: looked up as the settings change, measured when asked. */
import type { WireError } from '#shared/contract/common.ts';
import type { Forecast } from '#shared/contract/forecast.ts';
import type { Job } from '#shared/contract/jobs.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';
import { fromWireError, toWireError } from '#shared/errors/app-error.ts';
import type { Engine } from '../api/engine.ts';
import { isActive, type JobsState } from './jobs.svelte.ts';

interface Planned {
  snapshotId: string;
  config: TrainingConfig;
}

export class ForecastState {
  readonly #engine: Engine;
  readonly #jobs: JobsState;
  /** Of the settings as they are now. */
  current = $state.raw<Forecast>();
  /** The last one that rests on a measurement, perhaps of other settings. */
  measured = $state.raw<Forecast>();
  /** Why the last measurement came to nothing. */
  error = $state.raw<WireError>();
  #planned: Planned | undefined;
  #jobId = $state('');
  /** Who waits for the end of the measurement under way. */
  #waiting: { jobId: string; resolve: (job: Job) => void } | undefined;

  constructor(engine: Engine, jobs: JobsState) {
    this.#engine = engine;
    this.#jobs = jobs;
    jobs.onFinished((job) => {
      if (this.#waiting?.jobId === job.id) this.#waiting.resolve(job);
    });
  }

  /** The measurement under way. */
  readonly job: Job | undefined = $derived.by(() => {
    const job = this.#jobs.get(this.#jobId);
    return job && isActive(job) ? job : undefined;
  });

  /** Whether what is known rests on a measurement that holds for the settings as they are. */
  readonly isFresh: boolean = $derived(this.current !== undefined && this.current.measuredAt !== null);

  /** Tells of other settings from now on. */
  async look(planned: Planned): Promise<void> {
    if (this.#planned?.snapshotId !== planned.snapshotId) this.measured = undefined;
    this.#planned = planned;
    this.error = undefined;
    try {
      const forecast = await this.#engine.call('forecast.get', planned);
      // The settings may have changed again meanwhile.
      if (this.#planned !== planned) return;
      this.current = forecast;
      if (forecast.measuredAt !== null) this.measured = forecast;
    } catch (error) {
      if (this.#planned === planned) this.error = toWireError(error);
    }
  }

  /** Resolves when it is measured. Throws why it came to nothing; what the user stopped is no error to show. */
  async measure(planned: Planned): Promise<void> {
    this.error = undefined;
    try {
      const job = await this.#engine.call('forecast.measure', planned);
      this.#jobs.accept(job);
      this.#jobId = job.id;
      const { error } = await this.#end(job.id);
      if (error) throw fromWireError(error);
      await this.look(this.#planned ?? planned);
    } catch (error) {
      const wire = toWireError(error);
      if (wire.code !== 'cancelled') this.error = wire;
      throw error;
    }
  }

  async cancel(): Promise<void> {
    if (this.#jobId) await this.#jobs.cancel(this.#jobId);
  }

  #end(jobId: string): Promise<Job> {
    return new Promise((resolve) => {
      this.#waiting = { jobId, resolve };
      // Its end may have been told before the call was answered.
      const known = this.#jobs.get(jobId);
      if (known && !isActive(known)) resolve(known);
    });
  }
}
