/** Splits clips by their groups, and stores the result as immutable snapshots. */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { SplitName } from '#shared/contract/common.ts';
import type { Snapshot, SplitPreview, splitRequest, splitsProcedures } from '#shared/contract/splits.ts';
import type { ClipSource } from '#shared/contract/workers.ts';
import { assignSplits } from '#shared/domain/split.ts';
import { checkSplits } from '#shared/domain/split-check.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { EngineContext } from '../context.ts';
import type { Db } from '../db/open-database.ts';
import { findClipSources, type ClipFacts } from '../db/repositories/clips.ts';
import * as snapshots from '../db/repositories/snapshots.ts';
import { newId } from '../ids.ts';
import type { HandlersOf } from './handlers-of.ts';
import { writeSnapshotFile } from './snapshot-file.ts';

/** The proof compares every pair, so of a large library it takes a sample; the preview says how many pairs it was. */
const CHECKED_CLIPS = 1500;

type SplitRequest = z.output<typeof splitRequest>;
type SplitClip = ClipSource & ClipFacts & { name: string; split: SplitName };

export function splitsHandlers({
  db,
  events,
  workspace,
}: EngineContext): HandlersOf<typeof splitsProcedures> {
  return {
    'splits.preview': async (request) => preview(await split(db, request)),
    'splits.createSnapshot': async ({ name, request }) => {
      const clips = await split(db, request);
      const members = clips.map(({ clipId, path, contentHash, kind, start, end, caption, ...clip }) => ({
        ...{ clipId, path, contentHash, kind, start, end, caption },
        split: clip.split,
        group: clip.groupId,
      }));
      const snapshot: Snapshot = {
        id: newId(),
        name,
        createdAt: Date.now(),
        seed: request.seed,
        ratio: normalised(request.ratio),
        parts: partStats(clips),
        hash: hashOf(members),
      };
      // The file first: a row without its file would promise what is not there.
      await writeSnapshotFile(workspace, { id: snapshot.id, hash: snapshot.hash, members });
      await snapshots.insertSnapshot(db, snapshot, clips);
      events.emit('splits.changed', {});
      return snapshot;
    },
    'splits.listSnapshots': async () => ({ snapshots: await snapshots.listSnapshots(db) }),
    'splits.getSnapshot': async ({ snapshotId }) => {
      const snapshot = await snapshots.findSnapshot(db, snapshotId);
      if (!snapshot) throw new AppError('not-found', { what: 'snapshot', id: snapshotId });
      return { snapshot, members: await snapshots.listSnapshotMembers(db, snapshotId) };
    },
  };
}

/**
 * Groups are named, and clips ordered, by content instead of by row ids: the same files split alike in every workspace.
 * Throws no-clips, or too-few-groups.
 */
async function split(db: Db, { query, ratio, seed }: SplitRequest): Promise<SplitClip[]> {
  const clips = (await findClipSources(db, { query })).toSorted((a, b) =>
    compare(contentKey(a), contentKey(b)),
  );
  if (clips.length === 0) throw new AppError('no-clips');
  const groups = new Map<string, { id: string; weight: number }>();
  for (const clip of clips) {
    const group = groups.get(clip.groupId);
    if (group) group.weight += 1;
    else groups.set(clip.groupId, { id: contentKey(clip), weight: 1 });
  }
  const splits = assignSplits({ groups: [...groups.values()], ratio, seed });
  return clips.map((clip) => ({ ...clip, split: splits.get(groups.get(clip.groupId)!.id)! }));
}

function contentKey({ contentHash, start }: ClipSource): string {
  return `${contentHash} ${start.toFixed(6).padStart(15, '0')}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function preview(clips: SplitClip[]): SplitPreview {
  const { pairsChecked, closestPair } = checkSplits(evenly(clips, CHECKED_CLIPS));
  const named = (clipId: string) => ({ clipId, name: clips.find((clip) => clip.id === clipId)!.name });
  return {
    parts: partStats(clips),
    clips: clips.length,
    groups: new Set(clips.map((clip) => clip.groupId)).size,
    uncaptioned: clips.filter((clip) => clip.caption === '').length,
    pairsChecked,
    closestPair: closestPair && { ...closestPair, a: named(closestPair.a), b: named(closestPair.b) },
    members: clips.map(({ clipId, name, caption, split: part, groupId }) => ({
      ...{ clipId, name, caption, groupId },
      split: part,
    })),
  };
}

/** At most `most` of the items, spread over all of them. */
function evenly<T>(items: T[], most: number): T[] {
  const stride = Math.ceil(items.length / most);
  return items.filter((_, i) => i % stride === 0);
}

function partStats(clips: SplitClip[]): Snapshot['parts'] {
  return (['train', 'val', 'test'] as const).map((part) => {
    const members = clips.filter((clip) => clip.split === part);
    return {
      split: part,
      clips: members.length,
      groups: new Set(members.map((clip) => clip.groupId)).size,
      seconds: members.reduce((sum, clip) => sum + clip.end - clip.start, 0),
    };
  });
}

function normalised({ train, val, test }: SplitRequest['ratio']): Snapshot['ratio'] {
  const sum = train + val + test;
  return { train: train / sum, val: val / sum, test: test / sum };
}

/** The same content, stretches, captions and parts give the same hash, whatever their ids, paths and order. */
function hashOf(members: (ClipSource & { split: SplitName })[]): string {
  const lines = members.map(({ contentHash, start, end, caption, split: part }) =>
    JSON.stringify([contentHash, start, end, caption, part]),
  );
  return createHash('sha256').update(lines.toSorted().join('\n')).digest('hex');
}
