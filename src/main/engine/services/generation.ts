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
import { listSuggestions } from '../db/repositories/suggestions.ts';
import * as takes from '../db/repositories/takes.ts';
import { newId } from '../ids.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { CaptionRequest } from './caption-job.ts';
import { takeTokensOf, takeVideoOf, type GenerateRequest } from './generate-job.ts';
import type { HandlersOf } from './handlers-of.ts';
import { readSnapshotFile } from './snapshot-file.ts';
import { getTrainedRun } from './find-run.ts';
import { readConfidence } from './take-confidence.ts';

const FRAME_RATES = { least: 4, most: 30 };

export function generationHandlers(
  { db, workspace }: EngineContext,
  queue: JobQueue,
): HandlersOf<typeof generationProcedures> {
  return {
    'generation.start': async ({
      runId,
      prompt,
      preset,
      sampling: { seed, ...chosen },
      takes: count,
      device,
    }) => {
      const run = await getTrainedRun(db, runId);
      const { members } = await readSnapshotFile(workspace, run.snapshotId);
      const durations = members.map((member) => member.end - member.start);
      const settings = chooseSettings(preset, chosen);
      const jobId = newId();
      const createdAt = Date.now();
      const started = Array.from({ length: count }, (_, i): Take => ({
        id: newId(),
        runId,
        jobId,
        prompt: prompt.trim(),
        sampling: { ...settings, seed: (seed + i) % 2 ** 32 },
        createdAt,
        status: 'running',
        framesDone: 0,
        frameCount: run.config.window.frames,
        width: run.config.window.size,
        height: run.config.window.size,
        frameRate: naturalFrameRate(run.config.window.frames, durations),
        hasVideo: false,
      }));
      const request: GenerateRequest = { device };
      const title = prompt.trim() || run.name;
      await db.transaction().execute(async (trx) => {
        await jobs.insertJob(trx, { id: jobId, kind: 'generate', title, request, createdAt });
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
      const run = await getTrainedRun(db, runId);
      const request: CaptionRequest = { runId, clipIds, device };
      return queue.add({ kind: 'caption', title: `${run.name} · ${clipIds.length}`, request });
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

/** A window spreads its frames over a whole clip, so a take plays at the pace of the clip of middle length. */
export function naturalFrameRate(frames: number, durations: number[]): number {
  const moving = durations.filter((seconds) => seconds > 0).toSorted((a, b) => a - b);
  const middle = moving[Math.floor(moving.length / 2)];
  if (middle === undefined) return 12;
  const rate = Math.round((frames / middle) * 100) / 100;
  return Math.min(FRAME_RATES.most, Math.max(FRAME_RATES.least, rate));
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
