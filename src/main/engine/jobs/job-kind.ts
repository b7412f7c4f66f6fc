/** What a service says about its kind of job: how to make a worker's spec of a request, and what to do with what comes back. */
import type { EventName, Payload } from '#shared/contract/define.ts';
import type { JobKind, JobStatus } from '#shared/contract/jobs.ts';
import type { WorkerContract, WorkerResult, WorkerSpec } from '#shared/contract/workers.ts';
import type { JobRow } from '../db/repositories/jobs.ts';

type SpecOf<K extends JobKind> = Extract<WorkerSpec, { kind: K }>['spec'];
type ResultOf<K extends JobKind> = Extract<WorkerResult, { kind: K }>;

/** The events that a service may care about; heartbeat, progress and notices are the queue's. */
type WorkerEvents = {
  [N in Exclude<EventName<WorkerContract>, 'alive' | 'progress' | 'notice'>]: (
    job: JobRow,
    payload: Payload<WorkerContract, N>,
  ) => Promise<void>;
};

export interface JobKindService<K extends JobKind> {
  kind: K;
  /** Jobs of one lane run one after another; lanes run side by side. `heavy` computes, `files` mostly reads and writes. */
  lane: 'heavy' | 'files';
  /** How long a cancelled worker may take to stop by itself. */
  stopWithinMs: number;
  /** Called at the start of every attempt. */
  prepare(job: JobRow): Promise<SpecOf<K>>;
  /** Called one at a time, in the order the worker sent them. */
  events: Partial<WorkerEvents>;
  /** Stores the result. Returns whether the worker did all that was asked, or stopped early because it was told to. */
  finish(job: JobRow, result: ResultOf<K>): Promise<'complete' | 'stopped'>;
  /** Called whenever the status has changed, also at the engine's start for what was interrupted. */
  statusChanged?(job: JobRow, status: JobStatus): Promise<void>;
}

/** A service of whichever kind. */
export type AnyJobKindService = { [K in JobKind]: JobKindService<K> }[JobKind];
