/** What an import did with each file. */
import { sql } from 'kysely';
import type { WireError } from '#shared/contract/common.ts';
import type { ImportItem } from '#shared/contract/imports.ts';
import type { Db } from '../open-database.ts';

/** A later attempt at the same job replaces what the earlier one found, but "imported" stays imported. */
export async function recordImportItem(db: Db, jobId: string, item: ImportItem): Promise<void> {
  const row = {
    outcome: item.outcome,
    reason: item.reason && JSON.stringify(item.reason),
    clips: item.clips,
  };
  await db
    .insertInto('import_items')
    .values({ job_id: jobId, path: item.path, ...row })
    .onConflict((c) =>
      c.columns(['job_id', 'path']).doUpdateSet(row).where('import_items.outcome', '!=', 'imported'),
    )
    .execute();
}

export async function countImportItems(
  db: Db,
  jobId: string,
): Promise<Record<ImportItem['outcome'], number>> {
  const rows = await db
    .selectFrom('import_items')
    .where('job_id', '=', jobId)
    .groupBy('outcome')
    .select((e) => ['outcome', e.fn.countAll<number>().as('n')])
    .execute();
  const counts = { imported: 0, duplicate: 0, skipped: 0, failed: 0 };
  for (const row of rows) counts[row.outcome] = row.n;
  return counts;
}

/** Everything that was not imported, worst first. */
export async function listImportProblems(db: Db, jobId: string, limit: number): Promise<ImportItem[]> {
  const rows = await db
    .selectFrom('import_items')
    .selectAll()
    .where('job_id', '=', jobId)
    .where('outcome', '!=', 'imported')
    .orderBy(sql`CASE outcome WHEN 'failed' THEN 0 WHEN 'skipped' THEN 1 ELSE 2 END`)
    .orderBy('path')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    path: row.path,
    outcome: row.outcome,
    reason: row.reason === null ? null : (JSON.parse(row.reason) as WireError),
    clips: row.clips,
  }));
}
