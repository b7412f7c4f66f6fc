/** Jobs and their attempts as rows. */
import type { Selectable, Updateable } from 'kysely';
import type { WireError } from '#shared/contract/common.ts';
import type { JobKind, JobStatus } from '#shared/contract/jobs.ts';
import type { Db } from '../open-database.ts';
import type { AttemptsTable, JobsTable } from '../tables.ts';

export interface JobRow {
  id: string;
  kind: JobKind;
  status: JobStatus;
  title: string;
  /** What was asked, as the service of this kind stored it. */
  request: unknown;
  createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  error: WireError | null;
  /** Of the newest attempt. */
  notices: WireError[];
  attempts: number;
}

export type AttemptRow = Selectable<AttemptsTable>;

export async function insertJob(
  db: Db,
  job: Pick<JobRow, 'id' | 'kind' | 'title' | 'request' | 'createdAt'>,
): Promise<void> {
  await db
    .insertInto('jobs')
    .values({
      id: job.id,
      kind: job.kind,
      status: 'queued',
      title: job.title,
      request: JSON.stringify(job.request),
      created_at: job.createdAt,
    })
    .execute();
}

export async function findJob(db: Db, jobId: string): Promise<JobRow | undefined> {
  const row = await selectJobs(db).where('id', '=', jobId).executeTakeFirst();
  return row && toJobRow(row);
}

export async function findJobs(db: Db, jobIds: string[]): Promise<Map<string, JobRow>> {
  const rows = await selectJobs(db).where('id', 'in', jobIds).execute();
  return new Map(rows.map((row) => [row.id, toJobRow(row)]));
}

export async function listJobs(db: Db, limit: number): Promise<JobRow[]> {
  const rows = await selectJobs(db).orderBy('id', 'desc').limit(limit).execute();
  return rows.map(toJobRow);
}

export async function nextQueued(db: Db, kinds: JobKind[]): Promise<JobRow | undefined> {
  const row = await selectJobs(db)
    .where('status', '=', 'queued')
    .where('kind', 'in', kinds)
    .orderBy('id')
    .executeTakeFirst();
  return row && toJobRow(row);
}

export async function updateJob(
  db: Db,
  jobId: string,
  change: {
    status?: JobStatus;
    startedAt?: number;
    finishedAt?: number | null;
    error?: WireError | null;
    notices?: WireError[];
    request?: unknown;
  },
): Promise<void> {
  const row: Updateable<JobsTable> = {};
  if (change.status !== undefined) row.status = change.status;
  if (change.startedAt !== undefined) row.started_at = change.startedAt;
  if (change.finishedAt !== undefined) row.finished_at = change.finishedAt;
  if (change.error !== undefined) row.error = change.error && JSON.stringify(change.error);
  if (change.notices !== undefined) row.notices = JSON.stringify(change.notices);
  if (change.request !== undefined) row.request = JSON.stringify(change.request);
  await db.updateTable('jobs').set(row).where('id', '=', jobId).execute();
}

export async function insertAttempt(db: Db, attempt: { id: string; jobId: string; startedAt: number }) {
  await db
    .insertInto('attempts')
    .values({ id: attempt.id, job_id: attempt.jobId, status: 'running', started_at: attempt.startedAt })
    .execute();
}

export async function setAttemptPid(db: Db, attemptId: string, pid: number | undefined): Promise<void> {
  await db
    .updateTable('attempts')
    .set({ pid: pid ?? null })
    .where('id', '=', attemptId)
    .execute();
}

export async function finishAttempt(
  db: Db,
  attemptId: string,
  end: { status: AttemptsTable['status']; finishedAt: number; error: WireError | null },
): Promise<void> {
  await db
    .updateTable('attempts')
    .set({ status: end.status, finished_at: end.finishedAt, error: end.error && JSON.stringify(end.error) })
    .where('id', '=', attemptId)
    .execute();
}

export async function listAttempts(db: Db, jobId: string): Promise<AttemptRow[]> {
  return db.selectFrom('attempts').selectAll().where('job_id', '=', jobId).orderBy('id').execute();
}

/** After a start of the engine: what was running when the last one died was interrupted. Returns those jobs. */
export async function interruptRunning(db: Db, now: number, error: WireError): Promise<string[]> {
  const end = { status: 'interrupted' as const, finished_at: now, error: JSON.stringify(error) };
  return db.transaction().execute(async (trx) => {
    await trx.updateTable('attempts').set(end).where('status', '=', 'running').execute();
    const jobs = await trx
      .updateTable('jobs')
      .set(end)
      .where('status', '=', 'running')
      .returning('id')
      .execute();
    return jobs.map((job) => job.id);
  });
}

function selectJobs(db: Db) {
  return db
    .selectFrom('jobs')
    .selectAll()
    .select((e) =>
      e
        .selectFrom('attempts')
        .whereRef('attempts.job_id', '=', 'jobs.id')
        .select((s) => s.fn.countAll<number>().as('n'))
        .as('attempts'),
    );
}

function toJobRow(row: Selectable<JobsTable> & { attempts: number | null }): JobRow {
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    title: row.title,
    request: JSON.parse(row.request),
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    error: row.error === null ? null : (JSON.parse(row.error) as WireError),
    notices: JSON.parse(row.notices) as WireError[],
    attempts: row.attempts ?? 0,
  };
}
