/** Keeps the groups of clips up to date: what shares a source or looks nearly the same must not part in a split. */
import { groupClips } from '#shared/domain/near-duplicates.ts';
import type { Db } from '../db/open-database.ts';
import { listClipFacts, setGroup } from '../db/repositories/clips.ts';

/** Looks at all clips, hidden ones too; writes only what has changed. */
export async function regroup(db: Db): Promise<void> {
  const clips = await listClipFacts(db);
  const groups = groupClips(clips);
  await db.transaction().execute(async (trx) => {
    for (const { id, groupId } of clips) {
      const found = groups.get(id)!;
      if (found !== groupId) await setGroup(trx, id, found);
    }
  });
}
