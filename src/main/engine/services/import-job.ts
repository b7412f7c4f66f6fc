/** The import job: each file that the worker has read becomes an asset with its clips, or an entry of the report. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { ImportFileResult, ImportedAsset } from '#shared/contract/workers.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { EngineContext } from '../context.ts';
import type { Db } from '../db/open-database.ts';
import * as assets from '../db/repositories/assets.ts';
import * as clips from '../db/repositories/clips.ts';
import { recordImportItem } from '../db/repositories/import-items.ts';
import { newId } from '../ids.ts';
import type { JobKindService } from '../jobs/job-kind.ts';
import type { Compute } from './compute.ts';
import { regroup } from './groups.ts';
import { announceLibrary } from './library.ts';

export interface ImportRequest {
  paths: string[];
}

/** Listeners fetch the grid again at each announcement. */
const ANNOUNCE_EVERY_MS = 500;

export function importJob(context: EngineContext, compute: Compute): JobKindService<'import'> {
  const { db, workspace } = context;
  let announcedAt = -Infinity;

  return {
    kind: 'import',
    lane: 'files',
    stopWithinMs: 10_000,
    prepare: async (job) => {
      const { ffmpeg, ffprobe } = await compute.tools();
      return {
        paths: (job.request as ImportRequest).paths,
        tools: { ffmpeg, ffprobe },
        storeFolder: workspace.store,
        knownHashes: await assets.listVisibleHashes(db),
      };
    },
    events: {
      file: async (job, file) => {
        await db.transaction().execute((trx) => storeFile(trx, job.id, file));
        if (performance.now() - announcedAt < ANNOUNCE_EVERY_MS) return;
        announcedAt = performance.now();
        await announceLibrary(context);
      },
    },
    finish: async () => 'complete',
    statusChanged: async (_job, status) => {
      if (status === 'queued' || status === 'running') return;
      await regroup(db);
      await announceLibrary(context);
    },
  };
}

async function storeFile(db: Db, jobId: string, file: ImportFileResult): Promise<void> {
  switch (file.outcome) {
    case 'imported': {
      const isNew = await storeAsset(db, file.asset);
      const { path, clips } = file.asset;
      await recordImportItem(
        db,
        jobId,
        isNew
          ? { path, outcome: 'imported', reason: null, clips: clips.length }
          : { path, outcome: 'duplicate', reason: duplicateReason(path), clips: 0 },
      );
      return;
    }
    case 'duplicate': {
      const { path, contentHash } = file;
      await followMovedOriginal(db, contentHash, path);
      await recordImportItem(db, jobId, {
        path,
        outcome: 'duplicate',
        reason: duplicateReason(path),
        clips: 0,
      });
      return;
    }
    default: {
      const { path, outcome, reason } = file;
      await recordImportItem(db, jobId, { path, outcome, reason, clips: 0 });
    }
  }
}

function duplicateReason(path: string) {
  return new AppError('file-duplicate', { path }).toWire();
}

/** Returns false for content that the library shows already. Content that was hidden comes back. */
async function storeAsset(db: Db, file: ImportedAsset): Promise<boolean> {
  const existing = await assets.findAssetByHash(db, file.contentHash);
  if (existing) {
    await followMovedOriginal(db, file.contentHash, file.path);
    return (await clips.restoreClipsOfAsset(db, existing.id)) > 0;
  }
  const assetId = newId();
  const createdAt = Date.now();
  await assets.insertAsset(db, {
    id: assetId,
    content_hash: file.contentHash,
    path: file.path,
    name: basename(file.path),
    bytes: file.bytes,
    modified_at: Math.round(file.modifiedAt),
    kind: file.kind,
    format: file.format,
    width: file.width,
    height: file.height,
    duration: file.duration,
    frame_rate: file.frameRate,
    frame_count: file.frameCount,
    has_alpha: file.hasAlpha ? 1 : 0,
    has_audio: file.hasAudio ? 1 : 0,
    variable_frame_rate: file.variableFrameRate ? 1 : 0,
    rotation: file.rotation,
    created_at: createdAt,
  });
  await clips.insertClips(
    db,
    file.clips.map((clip) => ({
      id: newId(),
      asset_id: assetId,
      start: clip.start,
      end: clip.end,
      frame_count: clip.frameCount,
      thumbnail: clip.thumbnail,
      strip: clip.strip,
      perceptual_hashes: JSON.stringify(clip.perceptualHashes),
      caption: file.caption,
      group_id: assetId,
      created_at: createdAt,
    })),
  );
  return true;
}

/** When the original is gone from where it was, the same content elsewhere takes its place. */
async function followMovedOriginal(db: Db, contentHash: string, path: string): Promise<void> {
  const asset = await assets.findAssetByHash(db, contentHash);
  if (asset && asset.path !== path && !existsSync(asset.path)) await assets.setAssetPath(db, asset.id, path);
}
