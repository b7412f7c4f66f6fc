/** Training runs with their curves and reports. */
import type { EvalReport } from '#shared/contract/evaluation.ts';
import type { MetricPoint, Run } from '#shared/contract/training.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';
import { SvelteMap } from 'svelte/reactivity';
import type { Engine } from '../api/engine.ts';
import { isActive, type JobsState } from './jobs.svelte.ts';

export class TrainingState {
  readonly #engine: Engine;
  readonly #jobs: JobsState;
  runs = $state.raw<readonly Run[]>([]);
  loaded = $state(false);
  error = $state.raw<unknown>();
  readonly trained: readonly Run[] = $derived(this.runs.filter((run) => run.canGenerate));
  readonly #points = new SvelteMap<string, readonly MetricPoint[]>();
  readonly #reports = new SvelteMap<string, EvalReport>();
  /** Evaluation under way or ended, by run. */
  readonly #evaluations = new SvelteMap<string, string>();

  constructor(engine: Engine, jobs: JobsState) {
    this.#engine = engine;
    this.#jobs = jobs;
    engine.listen('training.changed', ({ runId }) => void this.#reload(runId));
    engine.listen('training.metrics', ({ runId, points }) => {
      const known = this.#points.get(runId);
      if (known) this.#points.set(runId, [...known, ...points]);
    });
    engine.onConnected(() => void this.#reconnected());
    jobs.onFinished((job) => {
      for (const [runId, jobId] of this.#evaluations) {
        if (jobId === job.id && job.status === 'done') void this.#loadReport(runId, jobId);
      }
    });
  }

  run(runId: string): Run | undefined {
    return this.runs.find(({ id }) => id === runId);
  }

  points(runId: string): readonly MetricPoint[] | undefined {
    return this.#points.get(runId);
  }

  report(runId: string): EvalReport | undefined {
    return this.#reports.get(runId);
  }

  evaluationJob(runId: string): string | undefined {
    return this.#evaluations.get(runId);
  }

  isEvaluating(runId: string): boolean {
    const job = this.#jobs.get(this.#evaluations.get(runId) ?? '');
    return job !== undefined && isActive(job);
  }

  async refresh(): Promise<void> {
    try {
      const { runs } = await this.#engine.call('training.listRuns', {});
      this.runs = runs.toSorted((a, b) => b.createdAt - a.createdAt);
      for (const run of runs) this.#jobs.accept(run.job);
      this.error = undefined;
    } catch (error) {
      this.error = error;
    } finally {
      this.loaded = true;
    }
  }

  /** `force` starts a run that does not fit on this machine. */
  async start(
    snapshotId: string,
    name: string,
    config: TrainingConfig,
    { force = false } = {},
  ): Promise<Run> {
    const run = await this.#engine.call('training.start', { snapshotId, name, config, force });
    this.#accept(run);
    return run;
  }

  async delete(runId: string): Promise<void> {
    await this.#engine.call('training.deleteRun', { runId });
    this.runs = this.runs.filter(({ id }) => id !== runId);
  }

  async loadPoints(runId: string): Promise<void> {
    const { points } = await this.#engine.call('training.metrics', { runId });
    this.#points.set(runId, points);
  }

  /** `quick` leaves out whatever needs takes. */
  async evaluate(runId: string, split: EvalReport['split'], { quick = false } = {}): Promise<void> {
    const job = await this.#engine.call('training.evaluate', { runId, split, quick });
    this.#reports.delete(runId);
    this.#evaluations.set(runId, job.id);
    this.#jobs.accept(job);
  }

  async #loadReport(runId: string, jobId: string): Promise<void> {
    this.#reports.set(runId, await this.#engine.call('training.evalReport', { jobId }));
  }

  async #reload(runId: string): Promise<void> {
    try {
      this.#accept(await this.#engine.call('training.getRun', { runId }));
    } catch {
      // It was deleted: the list says so.
      await this.refresh();
    }
  }

  #accept(run: Run): void {
    this.#jobs.accept(run.job);
    this.runs = [run, ...this.runs.filter(({ id }) => id !== run.id)].sort(
      (a, b) => b.createdAt - a.createdAt,
    );
  }

  async #reconnected(): Promise<void> {
    await this.refresh();
    for (const runId of [...this.#points.keys()]) void this.loadPoints(runId);
  }
}
