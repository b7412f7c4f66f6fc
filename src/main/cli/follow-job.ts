/** Follows a job from its start to its end: progress on the terminal, Ctrl-C becomes a cancel. */
import type { Job, JobProgress } from '#shared/contract/jobs.ts';
import { AppError, fromWireError } from '#shared/errors/app-error.ts';
import type { CommandContext } from './command-context.ts';

const ended: ReadonlySet<Job['status']> = new Set(['done', 'failed', 'cancelled', 'interrupted']);

interface Options {
  /** A short remark behind the progress bar. */
  note?: () => string;
}

/** Returns the job when it is done. Throws the job's error, or `cancelled`. */
export async function followJob(
  { engine, terminal, interrupt }: CommandContext,
  start: () => Promise<Job>,
  { note = () => '' }: Options = {},
): Promise<Job> {
  // Listening starts before the job does: a short job may be over before its start has been answered.
  const early: Job[] = [];
  const earlyProgress: JobProgress[] = [];
  let onJob = (job: Job): void => void early.push(job);
  let onProgress = (progress: JobProgress): void => void earlyProgress.push(progress);
  const unlisten = [
    engine.listen('jobs.changed', (job) => onJob(job)),
    engine.listen('jobs.progress', (progress) => onProgress(progress)),
  ];
  const view = terminal.progress();
  try {
    const started = await start();
    const cancel = () => {
      terminal.remark('\nStopping … (Ctrl-C again to force it)');
      engine.call('jobs.cancel', { jobId: started.id }).catch(() => {});
    };
    const over = new Promise<Job>((resolve, reject) => {
      onProgress = (progress) => {
        if (progress.jobId === started.id) view.update(progress, note());
      };
      let told = 0;
      onJob = (job) => {
        if (job.id !== started.id) return;
        for (const notice of job.notices.slice(told)) terminal.remark(fromWireError(notice).message);
        told = job.notices.length;
        if (ended.has(job.status)) resolve(job);
      };
      engine.onClose(() => reject(new AppError('disconnected')));
    });
    earlyProgress.forEach((progress) => onProgress(progress));
    [started, ...early].forEach((job) => onJob(job));
    if (interrupt.aborted) cancel();
    else interrupt.addEventListener('abort', cancel, { once: true });
    const job = await over.finally(() => interrupt.removeEventListener('abort', cancel));
    if (job.status === 'done') return job;
    throw job.error
      ? fromWireError(job.error)
      : new AppError(job.status === 'cancelled' ? 'cancelled' : 'engine-stopped');
  } finally {
    view.stop();
    for (const end of unlisten) end();
  }
}
