/** Jobs as the engine tells of them, with the latest progress. */
import type { Job, JobKind, JobProgress } from '#shared/contract/jobs.ts';
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { Engine } from '../api/engine.ts';

export class JobsState {
  readonly #engine: Engine;
  readonly #jobs = new SvelteMap<string, Job>();
  readonly #progress = new SvelteMap<string, JobProgress>();
  /** Jobs that were asked to stop and have not yet. */
  readonly #stopping = new SvelteSet<string>();
  readonly #finished: ((job: Job) => void)[] = [];

  /** Queued and running jobs, oldest first: what the tray shows. */
  readonly active: readonly Job[] = $derived(
    [...this.#jobs.values()].filter((job) => isActive(job)).sort((a, b) => a.createdAt - b.createdAt),
  );

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.listen('jobs.changed', (job) => this.accept(job));
    engine.listen('jobs.progress', (progress) => this.#progress.set(progress.jobId, progress));
    engine.onConnected(() => void this.refresh());
  }

  get(jobId: string): Job | undefined {
    return this.#jobs.get(jobId);
  }

  progress(jobId: string): JobProgress | null {
    return this.#progress.get(jobId) ?? this.#jobs.get(jobId)?.progress ?? null;
  }

  activeOf(kind: JobKind): readonly Job[] {
    return this.active.filter((job) => job.kind === kind);
  }

  /** Takes in a job that a call returned, before its first event comes. */
  accept(job: Job): void {
    const before = this.#jobs.get(job.id);
    // The answer of a call may come after a later event.
    if (before && !isActive(before) && isActive(job) && before.attempts >= job.attempts) return;
    this.#jobs.set(job.id, job);
    if (before && isActive(before) && !isActive(job)) {
      this.#progress.delete(job.id);
      this.#stopping.delete(job.id);
      for (const callback of this.#finished) callback(job);
    }
  }

  /** Called when a job that was seen active has ended, however it ended. */
  onFinished(callback: (job: Job) => void): void {
    this.#finished.push(callback);
  }

  isStopping(jobId: string): boolean {
    return this.#stopping.has(jobId);
  }

  async cancel(jobId: string): Promise<void> {
    this.#stopping.add(jobId);
    try {
      this.accept(await this.#engine.call('jobs.cancel', { jobId }));
    } catch (error) {
      this.#stopping.delete(jobId);
      throw error;
    }
  }

  async resume(jobId: string): Promise<void> {
    this.accept(await this.#engine.call('jobs.resume', { jobId }));
  }

  async refresh(): Promise<void> {
    const { jobs } = await this.#engine.call('jobs.list', {});
    for (const job of jobs) this.accept(job);
  }
}

export function isActive(job: Job): boolean {
  return job.status === 'queued' || job.status === 'running';
}
