/** The generation job: counts the frames of its take as they are finished. */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Take } from '#shared/contract/generation.ts';
import type { JobStatus } from '#shared/contract/jobs.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { EngineContext } from '../context.ts';
import type { JobRow } from '../db/repositories/jobs.ts';
import * as takes from '../db/repositories/takes.ts';
import type { JobKindService } from '../jobs/job-kind.ts';
import type { Workspace } from '../workspace.ts';
import type { Compute, DeviceWish } from './compute.ts';
import { getTrainedRun } from './find-run.ts';

export interface GenerateRequest extends DeviceWish {
  takeId: string;
}

const takeStatus: Record<JobStatus, Take['status']> = {
  queued: 'running',
  running: 'running',
  done: 'done',
  failed: 'failed',
  cancelled: 'stopped',
  interrupted: 'stopped',
};

export function generateJob(
  { db, events, workspace }: EngineContext,
  compute: Compute,
): JobKindService<'generate'> {
  const takeOf = async (job: JobRow) => {
    const { takeId } = job.request as GenerateRequest;
    const take = await takes.findTake(db, takeId);
    if (!take) throw new AppError('not-found', { what: 'take', id: takeId });
    return take;
  };
  let changed: Promise<unknown> = Promise.resolve();
  /** One after the other: each tells of the take as the one before has left it, and the last word is the end. */
  const change = (job: JobRow, changes: Parameters<typeof takes.updateTake>[2]): Promise<void> => {
    const next = changed.then(async () => {
      const take = await takeOf(job);
      await takes.updateTake(db, take.id, changes);
      events.emit('generation.take', { ...take, ...changes });
    });
    changed = next.catch(() => {});
    return next;
  };

  return {
    kind: 'generate',
    lane: 'heavy',
    stopWithinMs: 20_000,
    prepare: async (job) => {
      const take = await takeOf(job);
      await getTrainedRun(db, take.runId);
      const takeFolder = takeFolderOf(workspace, take.id);
      // The same seed makes the same frames: a second attempt starts from an empty folder.
      await rm(takeFolder, { recursive: true, force: true });
      await mkdir(takeFolder, { recursive: true });
      await change(job, { framesDone: 0, hasVideo: false });
      return {
        ...(await compute.spec((job.request as GenerateRequest).device)),
        runFolder: join(workspace.runs, take.runId),
        prompt: take.prompt,
        sampling: take.sampling,
        takeFolder,
        frameRate: take.frameRate,
      };
    },
    events: {
      frames: (job, { done, total, width, height }) =>
        change(job, { framesDone: done, frameCount: total, width, height }),
    },
    finish: async (job, { frames, stopped }) => {
      await change(job, { framesDone: frames, hasVideo: hasVideo(workspace, (await takeOf(job)).id) });
      return stopped ? 'stopped' : 'complete';
    },
    statusChanged: (job, status) => change(job, { status: takeStatus[status] }),
  };
}

export function takeFolderOf(workspace: Workspace, takeId: string): string {
  return join(workspace.takes, takeId);
}

export function takeVideoOf(workspace: Workspace, takeId: string): string {
  return join(takeFolderOf(workspace, takeId), 'take.mp4');
}

export function takeFrameOf(workspace: Workspace, takeId: string, frame: number): string {
  return join(takeFolderOf(workspace, takeId), `frame-${String(frame).padStart(4, '0')}.png`);
}

function hasVideo(workspace: Workspace, takeId: string): boolean {
  return existsSync(takeVideoOf(workspace, takeId));
}
