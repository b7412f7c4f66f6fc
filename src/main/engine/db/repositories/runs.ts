/** Training runs with what their worker reported: checkpoints and evaluation reports. */
import type { Selectable } from 'kysely';
import { trainingConfig, type TrainingConfig } from '#shared/domain/training-config.ts';
import { evalReport, type EvalReport } from '#shared/contract/evaluation.ts';
import type { PackageName } from '#shared/contract/models.ts';
import type { TrainingStage } from '#shared/contract/training.ts';
import type { Db } from '../open-database.ts';
import type { RunsTable } from '../tables.ts';
import { toPackageName } from './models.ts';

export interface RunRow {
  id: string;
  name: string;
  snapshotId: string;
  snapshotName: string;
  jobId: string;
  createdAt: number;
  config: TrainingConfig;
  /** The package that it started from. */
  base: PackageName | null;
  valLossBefore: number | null;
  valLossBest: number | null;
  canGenerate: boolean;
}

export async function insertRun(
  db: Db,
  run: Pick<RunRow, 'id' | 'name' | 'snapshotId' | 'jobId' | 'createdAt' | 'config' | 'base'>,
): Promise<void> {
  await db
    .insertInto('runs')
    .values({
      id: run.id,
      name: run.name,
      snapshot_id: run.snapshotId,
      job_id: run.jobId,
      created_at: run.createdAt,
      config: JSON.stringify(run.config),
      base_model: run.base?.sha256 ?? null,
    })
    .execute();
}

export async function listRuns(db: Db): Promise<RunRow[]> {
  const rows = await selectRuns(db).orderBy('runs.id', 'desc').execute();
  return rows.map(toRunRow);
}

export async function findRun(db: Db, runId: string): Promise<RunRow | undefined> {
  const row = await selectRuns(db).where('runs.id', '=', runId).executeTakeFirst();
  return row && toRunRow(row);
}

/** Hides the run for good; its row stays for the takes that came from it. */
export async function markRunDeleted(db: Db, runId: string, now: number): Promise<void> {
  await db.updateTable('runs').set({ deleted_at: now }).where('id', '=', runId).execute();
}

export async function recordCheckpoint(
  db: Db,
  checkpoint: {
    runId: string;
    stage: TrainingStage;
    step: number;
    valLoss: number | null;
    best: boolean;
    createdAt: number;
  },
): Promise<void> {
  const facts = {
    val_loss: checkpoint.valLoss,
    best: checkpoint.best ? 1 : 0,
    created_at: checkpoint.createdAt,
  };
  await db
    .insertInto('checkpoints')
    .values({ run_id: checkpoint.runId, stage: checkpoint.stage, step: checkpoint.step, ...facts })
    .onConflict((c) => c.columns(['run_id', 'stage', 'step']).doUpdateSet(facts))
    .execute();
}

export async function saveEvalReport(db: Db, jobId: string, report: EvalReport): Promise<void> {
  const row = { run_id: report.runId, report: JSON.stringify(report) };
  await db
    .insertInto('eval_reports')
    .values({ job_id: jobId, ...row })
    .onConflict((c) => c.column('job_id').doUpdateSet(row))
    .execute();
}

export async function findEvalReport(db: Db, jobId: string): Promise<EvalReport | undefined> {
  const row = await db
    .selectFrom('eval_reports')
    .select('report')
    .where('job_id', '=', jobId)
    .executeTakeFirst();
  return row && evalReport.parse(JSON.parse(row.report));
}

function selectRuns(db: Db) {
  return db
    .selectFrom('runs')
    .innerJoin('snapshots', 'snapshots.id', 'runs.snapshot_id')
    .leftJoin('models', 'models.sha256', 'runs.base_model')
    .where('runs.deleted_at', 'is', null)
    .selectAll('runs')
    .select([
      'snapshots.name as snapshot_name',
      'models.sha256 as model_sha256',
      'models.name as model_name',
      'models.version as model_version',
    ])
    .select((e) => {
      const ofGpt = e
        .selectFrom('checkpoints')
        .whereRef('checkpoints.run_id', '=', 'runs.id')
        .where('stage', '=', 'gpt');
      return [
        ofGpt.select((c) => c.fn.countAll<number>().as('n')).as('checkpoints'),
        // The checkpoint of step 0 is written and judged before any training.
        ofGpt.where('step', '=', 0).select('val_loss').as('val_loss_before'),
        ofGpt.select((c) => c.fn.min('val_loss').as('least')).as('val_loss_best'),
      ];
    });
}

function toRunRow(
  row: Selectable<RunsTable> &
    Parameters<typeof toPackageName>[0] & {
      snapshot_name: string;
      checkpoints: number | null;
      val_loss_before: number | null;
      val_loss_best: number | null;
    },
): RunRow {
  return {
    id: row.id,
    name: row.name,
    snapshotId: row.snapshot_id,
    snapshotName: row.snapshot_name,
    jobId: row.job_id,
    createdAt: row.created_at,
    // Parsed, not cast: a run of an older version gets the defaults of settings that it did not know.
    config: trainingConfig.parse(JSON.parse(row.config)),
    base: toPackageName(row),
    valLossBefore: row.val_loss_before,
    valLossBest: row.val_loss_best,
    canGenerate: (row.checkpoints ?? 0) > 0,
  };
}
