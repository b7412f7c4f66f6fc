/** What a take is made from: whether the model can do it, how long it becomes, and where its worker finds what it needs. */
import type { PictureSource, TakeTask } from '#shared/contract/take-task.ts';
import type { ClipSource, GenerateTask, PictureFile } from '#shared/contract/workers.ts';
import { cellsOfRegion } from '#shared/domain/region.ts';
import { conditionShareOf, type TrainingConfig } from '#shared/domain/training-config.ts';
import { extendedLength, windowSlide } from '#shared/domain/window-slide.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { EngineContext } from '../context.ts';
import { getClipSources } from '../db/repositories/clips.ts';
import { findTake } from '../db/repositories/takes.ts';
import type { Db } from '../db/open-database.ts';
import { takeFrameOf } from './take-files.ts';

export interface TaskPlan {
  frameCount: number;
  /** How long the clip lasts that it is made from, of which the model sees a window; null where there is none. */
  seconds: number | null;
}

/**
 * Throws `not-found` where a clip or a take is gone, `task-not-trained`, and `mask-empty` or `mask-whole` where there is
 * nothing to fill in, or nothing to keep.
 */
export async function planTask(
  { db }: EngineContext,
  task: TakeTask,
  config: Pick<TrainingConfig, 'window' | 'tokenizer' | 'gpt'>,
): Promise<TaskPlan> {
  const { window, tokenizer } = config;
  const { strideT, strideS } = tokenizer.model;
  const whole = { frameCount: window.frames, seconds: null };
  switch (task.kind) {
    case 'generate':
      return whole;
    case 'extend': {
      const slide = windowSlide(window.frames, strideT);
      if (!slide) throw new AppError('task-not-trained', { task: task.kind });
      const more = task.frames ?? window.frames - slide.keptFrames;
      const { start, end } = await findSource(db, task.clipId);
      return { frameCount: extendedLength(window.frames, more, strideT), seconds: end - start };
    }
    case 'inpaint': {
      const cells = cellsOfRegion(task.region, window.size / strideS, window.size / strideS);
      if (!cells.includes(1)) throw new AppError('mask-empty');
      if (!cells.includes(0)) throw new AppError('mask-whole');
      const { start, end } = await findSource(db, task.clipId);
      return { frameCount: window.frames, seconds: end - start };
    }
    case 'inbetween':
    case 'loop':
      if (conditionShareOf(config) === 0) throw new AppError('task-not-trained', { task: task.kind });
      for (const picture of picturesOf(task)) await findPicture({ db }, picture, () => '');
      return whole;
  }
}

/** The same for the worker. Throws `not-found` where a clip or a take is gone. */
export async function locateTask(
  { db, workspace }: EngineContext,
  task: TakeTask,
  { frameCount, window }: { frameCount: number; window: TrainingConfig['window'] },
): Promise<GenerateTask> {
  const locate = (picture: PictureSource) =>
    findPicture({ db, frames: window.frames }, picture, (takeId, frame) =>
      takeFrameOf(workspace, takeId, frame),
    );
  switch (task.kind) {
    case 'generate':
      return task;
    case 'extend':
      return { kind: 'extend', clip: await findSource(db, task.clipId), frameCount };
    case 'inpaint':
      return { kind: 'inpaint', clip: await findSource(db, task.clipId), region: task.region };
    case 'inbetween':
      return { kind: 'inbetween', first: await locate(task.first), last: await locate(task.last) };
    case 'loop':
      return { kind: 'loop', first: task.first ? await locate(task.first) : null };
  }
}

function picturesOf(task: Extract<TakeTask, { kind: 'inbetween' | 'loop' }>): PictureSource[] {
  if (task.kind === 'inbetween') return [task.first, task.last];
  return task.first ? [task.first] : [];
}

async function findSource(db: Db, clipId: string): Promise<ClipSource> {
  const [clip] = await getClipSources(db, [clipId]);
  if (!clip) throw new AppError('not-found', { what: 'clip', id: clipId });
  return clip;
}

/** @param frames of a window: a clip's first and last picture are those that a model sees */
async function findPicture(
  { db, frames = 1 }: { db: Db; frames?: number },
  picture: PictureSource,
  takeFrame: (takeId: string, frame: number) => string,
): Promise<PictureFile> {
  switch (picture.from) {
    case 'file':
      return { path: picture.path, time: 0 };
    case 'clip': {
      const { path, start, end } = await findSource(db, picture.clipId);
      const half = (end - start) / frames / 2;
      return { path, time: picture.at === 'first' ? start + half : end - half };
    }
    case 'take': {
      const take = await findTake(db, picture.takeId);
      if (!take || picture.frame >= take.framesDone)
        throw new AppError('not-found', { what: take ? 'frame' : 'take', id: picture.takeId });
      return { path: takeFrame(take.id, picture.frame), time: 0 };
    }
  }
}
