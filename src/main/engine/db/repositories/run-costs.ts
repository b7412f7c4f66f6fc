/** What dry runs measured, by a key that stands for everything the costs depend on. */
import { runCosts, type RunCosts } from '#shared/contract/forecast.ts';
import type { Db } from '../open-database.ts';

export interface MeasuredCosts {
  costs: RunCosts;
  measuredAt: number;
}

/** Replaces what was measured before. */
export async function saveRunCosts(db: Db, key: string, { costs, measuredAt }: MeasuredCosts): Promise<void> {
  const row = { costs: JSON.stringify(costs), measured_at: measuredAt };
  await db
    .insertInto('run_costs')
    .values({ key, ...row })
    .onConflict((c) => c.column('key').doUpdateSet(row))
    .execute();
}

/** Undefined where nothing was measured, or only by a version that measured something else. */
export async function findRunCosts(db: Db, key: string): Promise<MeasuredCosts | undefined> {
  const row = await db.selectFrom('run_costs').selectAll().where('key', '=', key).executeTakeFirst();
  const costs = row && runCosts.safeParse(JSON.parse(row.costs));
  return costs?.success ? { costs: costs.data, measuredAt: row!.measured_at } : undefined;
}
