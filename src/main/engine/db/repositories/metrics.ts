/** The points of training curves. */
import type { MetricPoint } from '#shared/contract/training.ts';
import type { Db } from '../open-database.ts';

/** A step that is trained again after a resume replaces its old point. */
export async function recordMetrics(db: Db, runId: string, points: MetricPoint[]): Promise<void> {
  await db.transaction().execute(async (trx) => {
    for (const { stage, name, step, epoch, value } of points) {
      await trx
        .insertInto('metrics')
        .values({ run_id: runId, stage, name, step, epoch, value })
        .onConflict((c) => c.columns(['run_id', 'stage', 'name', 'step']).doUpdateSet({ epoch, value }))
        .execute();
    }
  });
}

export async function listMetrics(db: Db, runId: string): Promise<MetricPoint[]> {
  return db
    .selectFrom('metrics')
    .select(['stage', 'step', 'epoch', 'name', 'value'])
    .where('run_id', '=', runId)
    .orderBy('stage', 'desc')
    .orderBy('name')
    .orderBy('step')
    .execute();
}
