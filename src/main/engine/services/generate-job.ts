/** The generation job: counts the frames of its takes as they are finished. */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import type { Take } from '#shared/contract/generation.ts';
import type { JobStatus } from '#shared/contract/jobs.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { EngineContext } from '../context.ts';
import type { JobRow } from '../db/repositories/jobs.ts';
import * as takes from '../db/repositories/takes.ts';
import type { JobKindService } from '../jobs/job-kind.ts';
import type { Workspace } from '../workspace.ts';
import type { Compute, DeviceWish } from './compute.ts';
import { takeFolderOf, takeVideoOf } from './take-files.ts';
import { locateTask } from './take-task.ts';
import { getUsableModel, requireSamePackage } from './usable-model.ts';

/** Which takes it makes, the takes themselves say. */
export type GenerateRequest = DeviceWish;

type Changes = Parameters<typeof takes.updateTake>[2];

const takeStatus: Record<JobStatus, Take['status']> = {
  queued: 'running',
  running: 'running',
  done: 'done',
  failed: 'failed',
  cancelled: 'stopped',
  interrupted: 'stopped',
};

export function generateJob(context: EngineContext, compute: Compute): JobKindService<'generate'> {
  const { db, events, workspace } = context;
  const takesOf = async (job: JobRow) => {
    const found = await takes.findTakesOfJob(db, job.id);
    if (found.length === 0) throw new AppError('not-found', { what: 'take', id: job.id });
    return found as [Take, ...Take[]];
  };
  let changed: Promise<unknown> = Promise.resolve();
  /**
   * Of all takes of a job, or of the one with this number. One after the other: each tells of the take as the one before
   * has left it, and the last word is the end.
   */
  const change = (job: JobRow, changesOf: (take: Take) => Changes, only?: number): Promise<void> => {
    const next = changed.then(async () => {
      const all = await takesOf(job);
      for (const take of only === undefined ? all : [all[only]!]) {
        const changes = changesOf(take);
        await takes.updateTake(db, take.id, changes);
        events.emit('generation.take', { ...take, ...changes });
      }
    });
    changed = next.catch(() => {});
    return next;
  };

  return {
    kind: 'generate',
    lane: 'heavy',
    stopWithinMs: 20_000,
    prepare: async (job) => {
      const all = await takesOf(job);
      const [{ runId, model: asked, prompt, task, frameCount, frameRate, sampling }] = all;
      const model = await getUsableModel(context, runId);
      requireSamePackage(asked, model.package);
      for (const { id } of all) {
        // The same seed makes the same frames: a second attempt starts from an empty folder.
        await rm(takeFolderOf(workspace, id), { recursive: true, force: true });
        await mkdir(takeFolderOf(workspace, id), { recursive: true });
      }
      await change(job, () => ({ framesDone: 0, hasVideo: false }));
      return {
        ...(await compute.spec((job.request as GenerateRequest).device)),
        runFolder: model.folder,
        prompt,
        task: await locateTask(context, task, { frameCount, window: model.config.window }),
        sampling,
        takes: all.map(({ id, sampling: { seed } }) => ({ folder: takeFolderOf(workspace, id), seed })),
        frameRate,
      };
    },
    events: {
      frames: (job, { take, done, total, width, height }) =>
        change(job, () => ({ framesDone: done, frameCount: total, width, height }), take),
    },
    finish: async (job, { frames, stopped }) => {
      await change(job, ({ id }) => ({ framesDone: frames, hasVideo: hasVideo(workspace, id) }));
      return stopped ? 'stopped' : 'complete';
    },
    statusChanged: (job, status) => change(job, () => ({ status: takeStatus[status] })),
  };
}

function hasVideo(workspace: Workspace, takeId: string): boolean {
  return existsSync(takeVideoOf(workspace, takeId));
}
