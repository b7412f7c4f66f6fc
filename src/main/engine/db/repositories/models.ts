/** Model packages that something here was made with. */
import type { PackageName } from '#shared/contract/models.ts';
import type { Db } from '../open-database.ts';

/** Remembers a package from its first use on. */
export async function recordModel(
  db: Db,
  { sha256, name, version }: PackageName,
  firstUsedAt: number,
): Promise<void> {
  await db
    .insertInto('models')
    .values({ sha256, name, version, first_used_at: firstUsedAt })
    .onConflict((c) => c.column('sha256').doNothing())
    .execute();
}

/** The package that a joined row names; null where it names none. */
export function toPackageName(row: {
  model_sha256: string | null;
  model_name: string | null;
  model_version: string | null;
}): PackageName | null {
  const { model_sha256: sha256, model_name: name, model_version: version } = row;
  return sha256 === null ? null : { sha256, name: name!, version: version! };
}
