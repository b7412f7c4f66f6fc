/** Takes: starting, listing, hiding, exporting; and captions that the model suggests. */
import { constants } from 'node:fs';
import { copyFile, link, rename, rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { generationProcedures, Take } from '#shared/contract/generation.ts';
import { chooseSettings } from '#shared/domain/sampling-presets.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { EngineContext } from '../context.ts';
import type { Db } from '../db/open-database.ts';
import * as jobs from '../db/repositories/jobs.ts';
import { recordModel } from '../db/repositories/models.ts';
import { listSuggestions } from '../db/repositories/suggestions.ts';
import * as takes from '../db/repositories/takes.ts';
import { newId } from '../ids.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { CaptionRequest } from './caption-job.ts';
import type { GenerateRequest } from './generate-job.ts';
import type { HandlersOf } from './handlers-of.ts';
import { readConfidence } from './take-confidence.ts';
import { naturalFrameRate } from './frame-rate.ts';
import { takeTokensOf, takeVideoOf } from './take-files.ts';
import { planTask } from './take-task.ts';
import { getUsableModel } from './usable-model.ts';

export function generationHandlers(
  context: EngineContext,
  queue: JobQueue,
): HandlersOf<typeof generationProcedures> {
  const { db, workspace } = context;
  return {
    'generation.start': async ({
      runId,
      prompt,
      task,
      preset,
      sampling: { seed, ...chosen },
      takes: count,
      device,
    }) => {
      const model = await getUsableModel(context, runId);
      const { frames, size } = model.config.window;
      const { frameCount, seconds } = await planTask(context, task, model.config);
      const frameRate = seconds === null ? await model.frameRate() : naturalFrameRate(frames, [seconds]);
      const settings = chooseSettings(preset, chosen);
      const jobId = newId();
      const createdAt = Date.now();
      const started = Array.from({ length: count }, (_, i): Take => ({
        id: newId(),
        runId,
        model: model.package,
        jobId,
        prompt: prompt.trim(),
        task,
        sampling: { ...settings, seed: (seed + i) % 2 ** 32 },
        createdAt,
        status: 'running',
        framesDone: 0,
        frameCount,
        width: size,
        height: size,
        frameRate,
        hasVideo: false,
      }));
      const request: GenerateRequest = { device };
      const title = prompt.trim() || model.name;
      await db.transaction().execute(async (trx) => {
        await jobs.insertJob(trx, { id: jobId, kind: 'generate', title, request, createdAt });
        if (model.package) await recordModel(trx, model.package, createdAt);
        for (const take of started) await takes.insertTake(trx, take);
      });
      await queue.enqueued(jobId);
      return { takes: await takes.findTakesOfJob(db, jobId) };
    },
    'generation.listTakes': async (filter) => ({ takes: await takes.listTakes(db, filter) }),
    'generation.getTake': ({ takeId }) => getTake(db, takeId),
    'generation.confidence': async ({ takeId }) => {
      const { framesDone } = await getTake(db, takeId);
      return { confidence: await readConfidence(takeTokensOf(workspace, takeId), framesDone) };
    },
    'generation.removeTakes': async ({ takeIds }) => ({
      removed: await takes.setTakesRemoved(db, takeIds, Date.now()),
    }),
    'generation.restoreTakes': async ({ takeIds }) => ({
      restored: await takes.setTakesRemoved(db, takeIds, null),
    }),
    'generation.export': async ({ takeId, path, overwrite }) => {
      const take = await getTake(db, takeId);
      if (!take.hasVideo) throw new AppError('not-found', { what: 'video', id: takeId });
      if (!isAbsolute(path)) throw new AppError('invalid-input', { field: 'path', problem: 'not absolute' });
      await copyWhole(takeVideoOf(workspace, takeId), path, overwrite);
      return { path, bytes: (await stat(path)).size };
    },
    'captions.suggest': async ({ runId, clipIds, device }) => {
      const model = await getUsableModel(context, runId);
      const request: CaptionRequest = { runId, clipIds, device };
      return queue.add({ kind: 'caption', title: `${model.name} · ${clipIds.length}`, request });
    },
    'captions.suggestions': async ({ jobId }) => {
      await queue.get(jobId);
      return { suggestions: await listSuggestions(db, jobId) };
    },
  };
}

async function getTake(db: Db, takeId: string): Promise<Take> {
  const take = await takes.findTake(db, takeId);
  if (!take) throw new AppError('not-found', { what: 'take', id: takeId });
  return take;
}

/** The target is there whole or not at all. Throws file-exists. */
async function copyWhole(source: string, target: string, overwrite: boolean): Promise<void> {
  const temporary = join(dirname(target), `.${newId()}.tmp`);
  try {
    await copyFile(source, temporary, constants.COPYFILE_EXCL);
    if (overwrite) await rename(temporary, target);
    else await linkNew(temporary, target);
  } catch (error) {
    if ((error as { code?: string }).code === 'EEXIST') throw new AppError('file-exists', { path: target });
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Unlike a rename, a link fails when the target is there. Some disks have no links: then a look must do. */
async function linkNew(temporary: string, target: string): Promise<void> {
  try {
    await link(temporary, target);
  } catch (error) {
    if ((error as { code?: string }).code === 'EEXIST') throw error;
    if (await stat(target).catch(() => null)) throw new AppError('file-exists', { path: target });
    await rename(temporary, target);
  }
}
