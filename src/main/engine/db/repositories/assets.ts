/** Reads and writes assets: source files, known by the hash of their content. */
import type { Selectable } from 'kysely';
import type { Db } from '../open-database.ts';
import type { AssetsTable } from '../tables.ts';

export async function findAssetByHash(
  db: Db,
  contentHash: string,
): Promise<Selectable<AssetsTable> | undefined> {
  return db.selectFrom('assets').selectAll().where('content_hash', '=', contentHash).executeTakeFirst();
}

export async function insertAsset(db: Db, asset: AssetsTable): Promise<void> {
  await db.insertInto('assets').values(asset).execute();
}

export async function setAssetPath(db: Db, assetId: string, path: string): Promise<void> {
  await db.updateTable('assets').set({ path }).where('id', '=', assetId).execute();
}

/** Hashes of the assets that the library shows at least one clip of. */
export async function listVisibleHashes(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('assets')
    .select('content_hash')
    .where('id', 'in', (e) => e.selectFrom('clips').select('asset_id').where('removed_at', 'is', null))
    .execute();
  return rows.map((row) => row.content_hash);
}
