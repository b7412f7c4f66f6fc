/** The queue of jobs: one worker at a time in each lane, every attempt a row, every end with its reason. */
import { join } from 'node:path';
import type { WireError } from '#shared/contract/common.ts';
import type { Job, JobKind, JobProgress, JobStatus } from '#shared/contract/jobs.ts';
import type { Payload } from '#shared/contract/define.ts';
import { WORKER_STOPS_WITHIN_MS, type WorkerContract, type WorkerSpec } from '#shared/contract/workers.ts';
import { AppError, toWireError } from '#shared/errors/app-error.ts';
import { explainDiskFull } from '#shared/errors/disk-full.ts';
import type { EngineContext } from '../context.ts';
import * as jobs from '../db/repositories/jobs.ts';
import type { AttemptRow, JobRow } from '../db/repositories/jobs.ts';
import { newId } from '../ids.ts';
import { logProblem } from '../log.ts';
import type { AnyJobKindService } from './job-kind.ts';
import { processGone } from './process-gone.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

const LISTED_JOBS = 200;

const resumable: ReadonlySet<JobStatus> = new Set(['failed', 'cancelled', 'interrupted']);

export interface JobQueueOptions {
  workerEntry(kind: JobKind): string;
  silentAfterMs: number;
}

/** An attempt under way. */
interface Running {
  job: JobRow;
  progress: JobProgress | null;
  worker: WorkerProcess | null;
  /** Why it is being stopped, if it is. */
  stopping: 'cancelled' | 'interrupted' | null;
  /** Settles when the attempt is over and written down. */
  over: Promise<void>;
}

export class JobQueue {
  readonly #context: EngineContext;
  readonly #kinds: Map<JobKind, AnyJobKindService>;
  readonly #options: JobQueueOptions;
  readonly #running = new Map<string, Running>();
  #closing = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(context: EngineContext, kinds: AnyJobKindService[], options: JobQueueOptions) {
    this.#context = context;
    this.#kinds = new Map(kinds.map((kind) => [kind.kind, kind]));
    this.#options = options;
  }

  /** Call once after construction: what was running when the last engine died becomes interrupted; the queue goes on. */
  async start(): Promise<void> {
    const interrupted = await jobs.interruptRunning(
      this.#context.db,
      Date.now(),
      new AppError('engine-stopped').toWire(),
    );
    for (const jobId of interrupted) await this.#announce(jobId);
    this.#dispatch();
  }

  async add(job: { kind: JobKind; title: string; request: unknown; id?: string }): Promise<Job> {
    const id = job.id ?? newId();
    await jobs.insertJob(this.#context.db, { ...job, id, createdAt: Date.now() });
    return this.enqueued(id);
  }

  /** For a service that wrote the job's row itself, in one transaction with rows of its own. */
  async enqueued(jobId: string): Promise<Job> {
    const job = await this.#announce(jobId);
    this.#dispatch();
    return job;
  }

  async get(jobId: string): Promise<Job> {
    return this.view(await this.#find(jobId));
  }

  async list(): Promise<Job[]> {
    const rows = await jobs.listJobs(this.#context.db, LISTED_JOBS);
    return rows.map((row) => this.view(row));
  }

  /** A job's row with what only the running engine knows. */
  view(row: JobRow): Job {
    const { request: _, ...facts } = row;
    return {
      ...facts,
      canResume: resumable.has(row.status),
      progress: this.#running.get(row.id)?.progress ?? null,
    };
  }

  /** Resolves when the job has stopped. Cancelling what is over changes nothing. */
  async cancel(jobId: string): Promise<Job> {
    await this.#inTurn(async () => {
      const isQueued = (await this.#find(jobId)).status === 'queued';
      if (isQueued) await this.#settle(jobId, 'cancelled', new AppError('cancelled').toWire());
    });
    const running = this.#running.get(jobId);
    if (running) {
      running.stopping ??= 'cancelled';
      running.worker?.cancel();
      await running.over;
    }
    return this.get(jobId);
  }

  async resume(jobId: string, change?: Readonly<Record<string, unknown>>): Promise<Job> {
    await this.#inTurn(async () => {
      const job = await this.#find(jobId);
      if (!resumable.has(job.status)) throw new AppError('job-not-resumable');
      await jobs.updateJob(this.#context.db, jobId, {
        status: 'queued',
        finishedAt: null,
        error: null,
        ...(change && { request: { ...(job.request as object), ...change } }),
      });
    });
    return this.enqueued(jobId);
  }

  /** Stops what runs, gracefully; it can be resumed. What is queued stays queued. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#turn;
    for (const running of this.#running.values()) {
      running.stopping ??= 'interrupted';
      running.worker?.cancel();
    }
    await Promise.all([...this.#running.values()].map((running) => running.over));
  }

  async #find(jobId: string): Promise<JobRow> {
    const job = await jobs.findJob(this.#context.db, jobId);
    if (!job) throw new AppError('not-found', { what: 'job', id: jobId });
    return job;
  }

  /** What looks at the queue and then changes it runs one after another. */
  #inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Fills idle lanes. */
  #dispatch(): void {
    this.#inTurn(async () => {
      for (const lane of ['heavy', 'files'] as const) {
        const ofLane = [...this.#kinds.values()].filter((kind) => kind.lane === lane).map(({ kind }) => kind);
        const busy = [...this.#running.values()].some(({ job }) => ofLane.includes(job.kind));
        if (busy || this.#closing || ofLane.length === 0) continue;
        const job = await jobs.nextQueued(this.#context.db, ofLane);
        if (job) await this.#start(job);
      }
      // E.g. the disk is full: the job stays queued, and the next dispatch tries again.
    }).catch((error: unknown) => logProblem('Could not start a job', error));
  }

  async #start(job: JobRow): Promise<void> {
    const { db } = this.#context;
    const attemptId = newId();
    const startedAt = Date.now();
    const earlier = await jobs.listAttempts(db, job.id);
    await db.transaction().execute(async (trx) => {
      await jobs.insertAttempt(trx, { id: attemptId, jobId: job.id, startedAt });
      const fresh = { startedAt, finishedAt: null, error: null, notices: [] };
      await jobs.updateJob(trx, job.id, { status: 'running', ...fresh });
    });
    const running: Running = { job, progress: null, worker: null, stopping: null, over: Promise.resolve() };
    this.#running.set(job.id, running);
    // An attempt that was stopped before it had a worker says nothing about the worker before it.
    const last = earlier.findLast(({ pid }) => pid !== null);
    running.over = this.#attempt(running, attemptId, last).then(
      () => this.#finish(running, attemptId, 'done', null),
      (error: unknown) => {
        const stopped = error instanceof AppError && error.code === 'cancelled';
        const status = stopped ? (running.stopping ?? 'cancelled') : 'failed';
        const reason = status === 'interrupted' ? new AppError('engine-stopped') : error;
        return this.#finish(running, attemptId, status, reason);
      },
    );
  }

  /** One try at the job. Rejects with the reason if it did not get to its end. */
  async #attempt(running: Running, attemptId: string, earlier: AttemptRow | undefined): Promise<void> {
    const { db, workspace, events } = this.#context;
    const { job } = running;
    const kind = this.#kinds.get(job.kind)!;
    await this.#announce(job.id);
    // A worker whose engine was killed may still be writing its checkpoint. All others have been seen to end.
    if (earlier?.status === 'interrupted' && earlier.pid !== null) {
      await processGone(earlier.pid, WORKER_STOPS_WITHIN_MS, () => running.stopping !== null);
    }
    const request = { kind: job.kind, spec: await kind.prepare(job) } as WorkerSpec;
    if (running.stopping) throw new AppError('cancelled');

    const notices: WireError[] = [];
    let stored: Promise<void> = Promise.resolve();
    const worker = startWorker({
      request,
      entry: this.#options.workerEntry(job.kind),
      folder: workspace.root,
      logPath: join(workspace.logs, `${attemptId}.log`),
      silentAfterMs: this.#options.silentAfterMs,
      stopWithinMs: kind.stopWithinMs,
      onEvent: (name, payload) => {
        if (name === 'alive') return;
        if (name === 'progress') {
          running.progress = { ...(payload as Omit<JobProgress, 'jobId'>), jobId: job.id };
          events.emit('jobs.progress', running.progress);
          return;
        }
        if (name === 'notice') {
          notices.push((payload as Payload<WorkerContract, 'notice'>).error);
          stored = stored.then(async () => {
            await jobs.updateJob(db, job.id, { notices });
            await this.#announce(job.id);
          });
          stored.catch(() => worker.kill());
          return;
        }
        const store = kind.events[name] as ((job: JobRow, payload: unknown) => Promise<void>) | undefined;
        // Results that cannot be written down are worth nothing: the worker need not go on.
        stored = stored.then(() => store?.(job, payload));
        stored.catch(() => worker.kill());
      },
    });
    running.worker = worker;
    stored = jobs.setAttemptPid(db, attemptId, worker.pid);
    stored.catch(() => worker.kill());
    if (running.stopping) worker.cancel();

    const result = await worker.result.catch(async (error: unknown) => {
      await stored; // The reason why it was killed goes before "killed".
      throw error;
    });
    await stored;
    if ((await kind.finish(job, result as never)) === 'stopped') throw new AppError('cancelled');
  }

  async #finish(
    running: Running,
    attemptId: string,
    status: 'done' | 'failed' | 'cancelled' | 'interrupted',
    reason: unknown,
  ) {
    const { db, workspace, events } = this.#context;
    const error = reason === null ? null : toWireError(explainDiskFull(reason, workspace.root));
    try {
      await jobs.finishAttempt(db, attemptId, { status, finishedAt: Date.now(), error });
      await this.#settle(running.job.id, status, error);
    } catch (problem) {
      // Not even the end can be written (disk full): the row stays `running` and is interrupted at the next start.
      // Whoever waits for the job must hear of its end all the same.
      logProblem(`Could not record the end of job ${running.job.id}`, problem);
      this.#running.delete(running.job.id);
      const end = error
        ? { status, error }
        : { status: 'failed' as const, error: toWireError(explainDiskFull(problem, workspace.root)) };
      events.emit('jobs.changed', this.view({ ...running.job, ...end, finishedAt: Date.now() }));
    }
    this.#dispatch();
  }

  async #settle(jobId: string, status: JobStatus, error: WireError | null): Promise<void> {
    await jobs.updateJob(this.#context.db, jobId, { status, finishedAt: Date.now(), error });
    this.#running.delete(jobId);
    await this.#announce(jobId);
  }

  /** Tells the service and all listeners what has become of a job. */
  async #announce(jobId: string): Promise<Job> {
    const row = await this.#find(jobId);
    // E.g. the disk is full: what is true of the job is true all the same, and everyone else should hear of it.
    await this.#kinds
      .get(row.kind)
      ?.statusChanged?.(row, row.status)
      .catch((error: unknown) => logProblem(`Could not pass on that job ${jobId} is ${row.status}`, error));
    const job = this.view(row);
    this.#context.events.emit('jobs.changed', job);
    return job;
  }
}
