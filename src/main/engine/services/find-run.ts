/** Runs that must be there for what is asked. */
import { AppError } from '#shared/errors/app-error.ts';
import type { Db } from '../db/open-database.ts';
import { findRun, type RunRow } from '../db/repositories/runs.ts';

/** Throws not-found. */
export async function getRun(db: Db, runId: string): Promise<RunRow> {
  const run = await findRun(db, runId);
  if (!run) throw new AppError('not-found', { what: 'run', id: runId });
  return run;
}

/** Throws not-found, or checkpoint-missing for a run that cannot generate yet. */
export async function getTrainedRun(db: Db, runId: string): Promise<RunRow> {
  const run = await getRun(db, runId);
  if (!run.canGenerate) throw new AppError('checkpoint-missing');
  return run;
}
