/** Long work: a job is what was asked, an attempt is one try of a worker process at it. */
import { z } from 'zod';
import { id, nothing, timestamp, wireError } from './common.ts';
import { event, procedure } from './define.ts';
import { device } from './system.ts';

export const jobKind = z.enum(['import', 'forecast', 'train', 'eval', 'generate', 'caption', 'export']);
export type JobKind = z.output<typeof jobKind>;

/** `interrupted`: the engine died while it ran; it can be resumed. */
export const jobStatus = z.enum(['queued', 'running', 'done', 'failed', 'cancelled', 'interrupted']);
export type JobStatus = z.output<typeof jobStatus>;

export const jobProgress = z.object({
  jobId: id,
  /** Which part of the work is under way, a key of the message catalogue such as `probe` or `train-gpt`. */
  phase: z.string(),
  done: z.number(),
  /** 0 while nobody knows how much there is. */
  total: z.number(),
  /** Units a second, 0 while unknown. */
  rate: z.number(),
  /** Seconds until the job is done, as far as its worker can tell; null while unknown. */
  secondsLeft: z.number().nullable(),
  /** How much of the whole job is done, by time, 0 … 1; null where the worker has no plan of it. */
  share: z.number().min(0).max(1).nullable(),
});
export type JobProgress = z.output<typeof jobProgress>;

export const job = z.object({
  id,
  kind: jobKind,
  status: jobStatus,
  title: z.string(),
  createdAt: timestamp,
  startedAt: timestamp.nullable(),
  finishedAt: timestamp.nullable(),
  attempts: z.number().int(),
  canResume: z.boolean(),
  error: wireError.nullable(),
  /** What is worth knowing about the newest attempt although it went on, e.g. a damaged checkpoint that was passed over. */
  notices: z.array(wireError),
  progress: jobProgress.nullable(),
});
export type Job = z.output<typeof job>;

export const jobsProcedures = {
  'jobs.list': procedure(nothing, z.object({ jobs: z.array(job) })),
  'jobs.get': procedure(z.object({ jobId: id }), job),
  /** Graceful first; a worker that does not stop within a few seconds is killed. Training keeps its checkpoint. */
  'jobs.cancel': procedure(z.object({ jobId: id }), job),
  /** With a device, goes on with that one from now on. */
  'jobs.resume': procedure(z.object({ jobId: id, device: device.optional() }), job),
};

export const jobsEvents = {
  'jobs.changed': event(job),
  /** At most ten times a second a job. */
  'jobs.progress': event(jobProgress),
};
