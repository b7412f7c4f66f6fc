/** Settings as rows; a key that is missing or no longer valid has its default. */
import { settings as settingsSchema, type Settings } from '#shared/contract/settings.ts';
import type { Db } from '../open-database.ts';

export async function readSettings(db: Db): Promise<Settings> {
  const rows = await db.selectFrom('settings').selectAll().execute();
  const stored = new Map(rows.map((row) => [row.key, JSON.parse(row.value) as unknown]));
  const entries = Object.entries(settingsSchema.shape).map(([key, schema]) => {
    const parsed = schema.safeParse(stored.get(key));
    return [key, parsed.success ? parsed.data : schema.parse(undefined)];
  });
  return Object.fromEntries(entries) as Settings;
}

export async function writeSettings(db: Db, change: Partial<Settings>): Promise<void> {
  await db.transaction().execute(async (trx) => {
    for (const [key, given] of Object.entries(change)) {
      if (given === undefined) continue;
      const value = JSON.stringify(given);
      await trx
        .insertInto('settings')
        .values({ key, value })
        .onConflict((c) => c.column('key').doUpdateSet({ value }))
        .execute();
    }
  });
}
