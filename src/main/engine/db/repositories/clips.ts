/** Reads and changes clips, each together with the facts of its asset. */
import type { Selectable } from 'kysely';
import type { Clip } from '#shared/contract/library.ts';
import type { ClipSource } from '#shared/contract/workers.ts';
import type { Db } from '../open-database.ts';
import type { AssetsTable, ClipsTable } from '../tables.ts';
import { matchesQuery } from './clip-search.ts';

export interface ClipFilter {
  query: string;
  uncaptionedOnly?: boolean;
}

export interface ClipPage extends ClipFilter {
  sort: 'newest' | 'oldest' | 'name' | 'duration';
  offset: number;
  limit: number;
}

/** What grouping and splitting look at. */
export interface ClipFacts {
  id: string;
  assetId: string;
  groupId: string;
  perceptualHashes: string[];
}

type JoinedClip = Selectable<ClipsTable> & Omit<Selectable<AssetsTable>, 'id' | 'created_at' | 'frame_count'>;

export async function listClips(db: Db, page: ClipPage): Promise<{ total: number; clips: Clip[] }> {
  const { total } = await visible(db, page)
    .select((e) => e.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const sorted = {
    newest: () => joined(db, page).orderBy('clips.created_at', 'desc').orderBy('clips.id', 'desc'),
    oldest: () => joined(db, page).orderBy('clips.created_at').orderBy('clips.id'),
    name: () => joined(db, page).orderBy('assets.name').orderBy('clips.start').orderBy('clips.id'),
    duration: () =>
      joined(db, page)
        .orderBy((e) => e('clips.end', '-', e.ref('clips.start')))
        .orderBy('clips.id'),
  }[page.sort]();
  const rows = await sorted.offset(page.offset).limit(page.limit).execute();
  return { total, clips: rows.map(toClip) };
}

/** Also finds hidden clips: takes and snapshots go on referring to them. */
export async function findClip(db: Db, clipId: string): Promise<Clip | undefined> {
  const row = await joinedAll(db).where('clips.id', '=', clipId).executeTakeFirst();
  return row && toClip(row);
}

/** All visible clips that match, in order of age, as a worker needs them. */
export async function findClipSources(
  db: Db,
  filter: ClipFilter,
): Promise<(ClipSource & ClipFacts & { name: string })[]> {
  const rows = await joined(db, filter).orderBy('clips.created_at').orderBy('clips.id').execute();
  return rows.map((row) => ({ ...toClipSource(row), ...toClipFacts(row), name: row.name }));
}

export async function getClipSources(db: Db, clipIds: string[]): Promise<ClipSource[]> {
  const rows = await inChunks(clipIds, (ids) => joinedAll(db).where('clips.id', 'in', ids).execute());
  const byId = new Map(rows.map((row) => [row.id, toClipSource(row)]));
  return clipIds.flatMap((id) => byId.get(id) ?? []);
}

/** The facts of every clip, hidden ones included, so that groups stay the same when clips come back. */
export async function listClipFacts(db: Db): Promise<ClipFacts[]> {
  const rows = await db
    .selectFrom('clips')
    .select(['id', 'asset_id', 'group_id', 'perceptual_hashes'])
    .orderBy('id')
    .execute();
  return rows.map(toClipFacts);
}

export async function findClipFiles(db: Db, clipId: string) {
  return db
    .selectFrom('clips')
    .innerJoin('assets', 'assets.id', 'clips.asset_id')
    .select(['clips.thumbnail', 'clips.strip', 'assets.path'])
    .where('clips.id', '=', clipId)
    .executeTakeFirst();
}

export async function insertClips(
  db: Db,
  clips: Omit<Selectable<ClipsTable>, 'key' | 'removed_at'>[],
): Promise<void> {
  for (const clip of clips) await db.insertInto('clips').values(clip).execute();
}

export async function setCaption(db: Db, clipId: string, caption: string): Promise<void> {
  await db.updateTable('clips').set({ caption }).where('id', '=', clipId).execute();
}

export async function setGroup(db: Db, clipId: string, groupId: string): Promise<void> {
  await db.updateTable('clips').set({ group_id: groupId }).where('id', '=', clipId).execute();
}

/** Hides clips (a time) or brings them back (null); returns how many changed. */
export async function setRemoved(db: Db, clipIds: string[], removedAt: number | null): Promise<number> {
  const counts = await inChunks(clipIds, async (ids) => {
    const changed = await db
      .updateTable('clips')
      .set({ removed_at: removedAt })
      .where('id', 'in', ids)
      .where('removed_at', removedAt === null ? 'is not' : 'is', null)
      .executeTakeFirst();
    return [Number(changed.numUpdatedRows)];
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Returns how many clips of the asset were hidden. */
export async function restoreClipsOfAsset(db: Db, assetId: string): Promise<number> {
  const changed = await db
    .updateTable('clips')
    .set({ removed_at: null })
    .where('asset_id', '=', assetId)
    .where('removed_at', 'is not', null)
    .executeTakeFirst();
  return Number(changed.numUpdatedRows);
}

export async function countClips(db: Db): Promise<number> {
  const { total } = await visible(db, { query: '' })
    .select((e) => e.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return total;
}

export async function libraryStats(db: Db) {
  const clips = await db
    .selectFrom('clips')
    .where('removed_at', 'is', null)
    .select((e) => [
      e.fn.countAll<number>().as('clips'),
      e.fn.count<number>('asset_id').distinct().as('assets'),
      e.fn.count<number>('group_id').distinct().as('groups'),
      e.fn
        .coalesce(e.fn.sum<number>(e.case().when('caption', '!=', '').then(1).else(0).end()), e.lit(0))
        .as('captioned'),
      e.fn.coalesce(e.fn.sum<number>(e('end', '-', e.ref('start'))), e.lit(0)).as('seconds'),
    ])
    .executeTakeFirstOrThrow();
  const { bytes } = await db
    .selectFrom('assets')
    .where('id', 'in', (e) => e.selectFrom('clips').select('asset_id').where('removed_at', 'is', null))
    .select((e) => e.fn.coalesce(e.fn.sum<number>('bytes'), e.lit(0)).as('bytes'))
    .executeTakeFirstOrThrow();
  return { ...clips, bytes };
}

function visible(db: Db, { query, uncaptionedOnly }: ClipFilter) {
  const matches = matchesQuery(query);
  return db
    .selectFrom('clips')
    .innerJoin('assets', 'assets.id', 'clips.asset_id')
    .where('clips.removed_at', 'is', null)
    .$if(uncaptionedOnly ?? false, (q) => q.where('clips.caption', '=', ''))
    .$if(matches !== null, (q) => q.where(matches!));
}

function joined(db: Db, filter: ClipFilter) {
  return visible(db, filter).selectAll('assets').selectAll('clips');
}

function joinedAll(db: Db) {
  return db
    .selectFrom('clips')
    .innerJoin('assets', 'assets.id', 'clips.asset_id')
    .selectAll('assets')
    .selectAll('clips');
}

function toClip(row: JoinedClip): Clip {
  return {
    id: row.id,
    assetId: row.asset_id,
    name: row.name,
    path: row.path,
    kind: row.kind,
    format: row.format,
    width: row.width,
    height: row.height,
    start: row.start,
    end: row.end,
    frameRate: row.frame_rate,
    frameCount: row.frame_count,
    hasAlpha: row.has_alpha === 1,
    hasAudio: row.has_audio === 1,
    variableFrameRate: row.variable_frame_rate === 1,
    bytes: row.bytes,
    caption: row.caption,
    groupId: row.group_id,
    createdAt: row.created_at,
  };
}

function toClipSource(row: JoinedClip): ClipSource {
  return {
    clipId: row.id,
    path: row.path,
    contentHash: row.content_hash,
    kind: row.kind,
    start: row.start,
    end: row.end,
    caption: row.caption,
  };
}

function toClipFacts(row: Pick<JoinedClip, 'id' | 'asset_id' | 'group_id' | 'perceptual_hashes'>): ClipFacts {
  return {
    id: row.id,
    assetId: row.asset_id,
    groupId: row.group_id,
    perceptualHashes: JSON.parse(row.perceptual_hashes) as string[],
  };
}

/** SQLite takes at most 32,766 parameters a statement. */
async function inChunks<T>(ids: string[], run: (chunk: string[]) => Promise<T[]>): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < ids.length; i += 10_000) results.push(...(await run(ids.slice(i, i + 10_000))));
  return results;
}
