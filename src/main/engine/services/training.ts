/** Training runs and their evaluation: starting, listing, deleting, curves and reports. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run, trainingProcedures } from '#shared/contract/training.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { EngineContext } from '../context.ts';
import * as jobs from '../db/repositories/jobs.ts';
import { recordModel } from '../db/repositories/models.ts';
import { listMetrics } from '../db/repositories/metrics.ts';
import * as runs from '../db/repositories/runs.ts';
import type { RunRow } from '../db/repositories/runs.ts';
import { findSnapshot } from '../db/repositories/snapshots.ts';
import { newId } from '../ids.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import { checkBaseRun } from './base-run.ts';
import type { EvalRequest } from './eval-job.ts';
import type { Forecasts } from './forecasts.ts';
import { getRun, getTrainedRun } from './find-run.ts';
import type { HandlersOf } from './handlers-of.ts';
import type { TrainRequest } from './train-job.ts';

export function trainingHandlers(
  context: EngineContext,
  queue: JobQueue,
  forecasts: Forecasts,
): HandlersOf<typeof trainingProcedures> {
  const { db, events, workspace } = context;
  async function view(rows: RunRow[]): Promise<Run[]> {
    const jobsOfRuns = await jobs.findJobs(
      db,
      rows.map((row) => row.jobId),
    );
    return rows.map((row) => ({ ...row, job: queue.view(jobsOfRuns.get(row.jobId)!) }));
  }
  const viewOne = async (row: RunRow) => (await view([row]))[0]!;

  return {
    'training.start': async ({ snapshotId, name, config, device, force }) => {
      const snapshot = await findSnapshot(db, snapshotId);
      if (!snapshot) throw new AppError('not-found', { what: 'snapshot', id: snapshotId });
      const base = await checkBaseRun(context, config);
      if (!force) await forecasts.requireFit({ snapshotId, config, device });
      const runId = newId();
      const jobId = newId();
      const createdAt = Date.now();
      const title = name || snapshot.name;
      const request: TrainRequest = { runId, device };
      await db.transaction().execute(async (trx) => {
        await jobs.insertJob(trx, { id: jobId, kind: 'train', title, request, createdAt });
        if (base) await recordModel(trx, base, createdAt);
        await runs.insertRun(trx, { id: runId, name: title, snapshotId, jobId, createdAt, config, base });
      });
      await queue.enqueued(jobId);
      return viewOne(await getRun(db, runId));
    },
    'training.listRuns': async () => ({ runs: await view(await runs.listRuns(db)) }),
    'training.getRun': async ({ runId }) => viewOne(await getRun(db, runId)),
    'training.metrics': async ({ runId }) => {
      await getRun(db, runId);
      return { points: await listMetrics(db, runId) };
    },
    'training.deleteRun': async ({ runId }) => {
      const run = await getRun(db, runId);
      await queue.cancel(run.jobId);
      await runs.markRunDeleted(db, runId, Date.now());
      await rm(join(workspace.runs, runId), { recursive: true, force: true });
      events.emit('training.changed', { runId });
      return {};
    },
    'training.evaluate': async (asked) => {
      const run = await getTrainedRun(db, asked.runId);
      const request: EvalRequest = asked;
      return queue.add({ kind: 'eval', title: `${run.name} · ${asked.split}`, request });
    },
    'training.evalReport': async ({ jobId }) => {
      const report = await runs.findEvalReport(db, jobId);
      if (!report) throw new AppError('not-found', { what: 'report', id: jobId });
      return report;
    },
  };
}
