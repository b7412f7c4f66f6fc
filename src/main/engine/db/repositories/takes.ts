/** Takes: what was generated, by which model, and how. */
import type { Selectable } from 'kysely';
import { sampling, type Take } from '#shared/contract/generation.ts';
import { BASE_MODEL, type ModelId } from '#shared/contract/models.ts';
import { takeTask } from '#shared/contract/take-task.ts';
import type { Db } from '../open-database.ts';
import type { TakesTable } from '../tables.ts';
import { toPackageName } from './models.ts';

export async function insertTake(db: Db, take: Take): Promise<void> {
  await db
    .insertInto('takes')
    .values({
      id: take.id,
      run_id: take.runId === BASE_MODEL ? null : take.runId,
      model: take.model?.sha256 ?? null,
      job_id: take.jobId,
      prompt: take.prompt,
      task: JSON.stringify(take.task),
      sampling: JSON.stringify(take.sampling),
      created_at: take.createdAt,
      status: take.status,
      frames_done: take.framesDone,
      frame_count: take.frameCount,
      width: take.width,
      height: take.height,
      frame_rate: take.frameRate,
      has_video: take.hasVideo ? 1 : 0,
    })
    .execute();
}

export async function findTake(db: Db, takeId: string): Promise<Take | undefined> {
  const row = await selectTakes(db).where('takes.id', '=', takeId).executeTakeFirst();
  return row && toTake(row);
}

/** The takes that a job makes side by side, in the order they were asked for. */
export async function findTakesOfJob(db: Db, jobId: string): Promise<Take[]> {
  const rows = await selectTakes(db).where('job_id', '=', jobId).orderBy('takes.id').execute();
  return rows.map(toTake);
}

export async function listTakes(
  db: Db,
  filter: { runId?: ModelId | undefined; limit: number },
): Promise<Take[]> {
  const { runId } = filter;
  const rows = await selectTakes(db)
    .where('removed_at', 'is', null)
    .$if(runId === BASE_MODEL, (q) => q.where('run_id', 'is', null))
    .$if(runId !== undefined && runId !== BASE_MODEL, (q) => q.where('run_id', '=', runId!))
    .orderBy('takes.id', 'desc')
    .limit(filter.limit)
    .execute();
  return rows.map(toTake);
}

export async function updateTake(
  db: Db,
  takeId: string,
  change: Partial<Pick<Take, 'status' | 'framesDone' | 'frameCount' | 'width' | 'height' | 'hasVideo'>>,
): Promise<void> {
  await db
    .updateTable('takes')
    .set({
      ...(change.status === undefined ? {} : { status: change.status }),
      ...(change.framesDone === undefined ? {} : { frames_done: change.framesDone }),
      ...(change.frameCount === undefined ? {} : { frame_count: change.frameCount }),
      ...(change.width === undefined ? {} : { width: change.width }),
      ...(change.height === undefined ? {} : { height: change.height }),
      ...(change.hasVideo === undefined ? {} : { has_video: change.hasVideo ? 1 : 0 }),
    })
    .where('id', '=', takeId)
    .execute();
}

/** Hides takes (a time) or brings them back (null); returns how many changed. */
export async function setTakesRemoved(db: Db, takeIds: string[], removedAt: number | null): Promise<number> {
  let changed = 0;
  for (const id of takeIds) {
    const { numUpdatedRows } = await db
      .updateTable('takes')
      .set({ removed_at: removedAt })
      .where('id', '=', id)
      .where('removed_at', removedAt === null ? 'is not' : 'is', null)
      .executeTakeFirst();
    changed += Number(numUpdatedRows);
  }
  return changed;
}

function selectTakes(db: Db) {
  return db
    .selectFrom('takes')
    .leftJoin('models', 'models.sha256', 'takes.model')
    .selectAll('takes')
    .select([
      'models.sha256 as model_sha256',
      'models.name as model_name',
      'models.version as model_version',
    ]);
}

type TakeRow = Selectable<TakesTable> & Parameters<typeof toPackageName>[0];

function toTake(row: TakeRow): Take {
  return {
    id: row.id,
    runId: row.run_id ?? BASE_MODEL,
    model: toPackageName(row),
    jobId: row.job_id,
    prompt: row.prompt,
    task: takeTask.parse(JSON.parse(row.task)),
    sampling: sampling.parse(JSON.parse(row.sampling)),
    createdAt: row.created_at,
    status: row.status,
    framesDone: row.frames_done,
    frameCount: row.frame_count,
    width: row.width,
    height: row.height,
    frameRate: row.frame_rate,
    hasVideo: row.has_video === 1,
  };
}
