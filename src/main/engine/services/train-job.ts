/** The training job: writes down curves and checkpoints as the worker reports them. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WORKER_STOPS_WITHIN_MS } from '#shared/contract/workers.ts';
import type { EngineContext } from '../context.ts';
import { recordMetrics } from '../db/repositories/metrics.ts';
import * as runs from '../db/repositories/runs.ts';
import type { JobRow } from '../db/repositories/jobs.ts';
import type { JobKindService } from '../jobs/job-kind.ts';
import { baseRunFolder } from './base-run.ts';
import type { Compute, DeviceWish } from './compute.ts';
import type { Forecasts } from './forecasts.ts';
import { snapshotPath } from './snapshot-file.ts';
import { getRun } from './find-run.ts';
import { requireSamePackage } from './usable-model.ts';

export interface TrainRequest extends DeviceWish {
  runId: string;
}

const runIdOf = (job: JobRow) => (job.request as TrainRequest).runId;

export function trainJob(
  context: EngineContext,
  compute: Compute,
  forecasts: Pick<Forecasts, 'measured'>,
): JobKindService<'train'> {
  const { db, events, workspace, baseModel } = context;
  return {
    kind: 'train',
    lane: 'heavy',
    stopWithinMs: WORKER_STOPS_WITHIN_MS,
    prepare: async (job) => {
      const run = await getRun(db, runIdOf(job));
      // Once its GPT has begun, the run has all of the base model that it needs.
      if (run.base && !run.canGenerate) requireSamePackage(run.base, await baseModel.get());
      const runFolder = join(workspace.runs, run.id);
      await mkdir(runFolder, { recursive: true });
      const { device } = job.request as TrainRequest;
      const measured = await forecasts.measured({ ...run, device });
      return {
        ...(await compute.spec(device)),
        runFolder,
        snapshotPath: snapshotPath(workspace, run.snapshotId),
        cacheFolder: workspace.cache,
        initFrom: baseRunFolder(context, run.config),
        config: run.config,
        ...(measured ? { costs: measured.costs } : {}),
      };
    },
    events: {
      metrics: async (job, { points }) => {
        const runId = runIdOf(job);
        await recordMetrics(db, runId, points);
        events.emit('training.metrics', { runId, points });
      },
      checkpoint: async (job, checkpoint) => {
        const runId = runIdOf(job);
        await runs.recordCheckpoint(db, { ...checkpoint, runId, createdAt: Date.now() });
        events.emit('training.changed', { runId });
      },
    },
    // Its checkpoints have told everything already.
    finish: async () => 'complete',
    statusChanged: async (job) => events.emit('training.changed', { runId: runIdOf(job) }),
  };
}
