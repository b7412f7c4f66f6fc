/** Snapshots and their members: written once, never changed. */
import type { Selectable } from 'kysely';
import type { SplitName } from '#shared/contract/common.ts';
import type { Snapshot } from '#shared/contract/splits.ts';
import type { Db } from '../open-database.ts';
import type { SnapshotsTable } from '../tables.ts';

export interface SnapshotMember {
  clipId: string;
  name: string;
  caption: string;
  split: SplitName;
}

export async function insertSnapshot(db: Db, snapshot: Snapshot, members: SnapshotMember[]): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto('snapshots')
      .values({
        id: snapshot.id,
        name: snapshot.name,
        created_at: snapshot.createdAt,
        seed: snapshot.seed,
        ratio: JSON.stringify(snapshot.ratio),
        parts: JSON.stringify(snapshot.parts),
        hash: snapshot.hash,
      })
      .execute();
    for (const { clipId, name, caption, split } of members) {
      await trx
        .insertInto('snapshot_members')
        .values({ snapshot_id: snapshot.id, clip_id: clipId, name, caption, split })
        .execute();
    }
  });
}

export async function listSnapshots(db: Db): Promise<Snapshot[]> {
  const rows = await db.selectFrom('snapshots').selectAll().orderBy('id', 'desc').execute();
  return rows.map(toSnapshot);
}

export async function findSnapshot(db: Db, snapshotId: string): Promise<Snapshot | undefined> {
  const row = await db.selectFrom('snapshots').selectAll().where('id', '=', snapshotId).executeTakeFirst();
  return row && toSnapshot(row);
}

export async function listSnapshotMembers(db: Db, snapshotId: string): Promise<SnapshotMember[]> {
  return db
    .selectFrom('snapshot_members')
    .select(['clip_id as clipId', 'name', 'caption', 'split'])
    .where('snapshot_id', '=', snapshotId)
    .orderBy('clip_id')
    .execute();
}

function toSnapshot(row: Selectable<SnapshotsTable>): Snapshot {
  return {
    id: row.id,
    name: row.name,
    createdAt: row.created_at,
    seed: row.seed,
    ratio: JSON.parse(row.ratio) as Snapshot['ratio'],
    parts: JSON.parse(row.parts) as Snapshot['parts'],
    hash: row.hash,
  };
}
