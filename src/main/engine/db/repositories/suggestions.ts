/** Captions that the model suggests; nothing applies them by itself. */
import type { CaptionSuggestion } from '#shared/contract/generation.ts';
import type { Db } from '../open-database.ts';

/** Replaces what an earlier attempt at the job suggested. */
export async function saveSuggestions(
  db: Db,
  jobId: string,
  suggestions: CaptionSuggestion[],
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.deleteFrom('caption_suggestions').where('job_id', '=', jobId).execute();
    for (const { clipId, text, logProbability } of suggestions) {
      await trx
        .insertInto('caption_suggestions')
        .values({ job_id: jobId, clip_id: clipId, text, log_probability: logProbability })
        .execute();
    }
  });
}

export async function listSuggestions(db: Db, jobId: string): Promise<CaptionSuggestion[]> {
  return db
    .selectFrom('caption_suggestions')
    .select(['clip_id as clipId', 'text', 'log_probability as logProbability'])
    .where('job_id', '=', jobId)
    .orderBy('clip_id')
    .execute();
}
