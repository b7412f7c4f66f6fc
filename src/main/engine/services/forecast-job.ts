/** The forecast job: a dry run whose measured costs are kept. */
import { join } from 'node:path';
import type { EngineContext } from '../context.ts';
import type { JobRow } from '../db/repositories/jobs.ts';
import type { JobKindService } from '../jobs/job-kind.ts';
import type { Compute } from './compute.ts';
import type { Forecasts, PlannedRun } from './forecasts.ts';
import { snapshotPath } from './snapshot-file.ts';

export type ForecastRequest = PlannedRun;

const requestOf = (job: JobRow) => job.request as ForecastRequest;

export function forecastJob(
  { workspace }: EngineContext,
  compute: Compute,
  forecasts: Forecasts,
): JobKindService<'forecast'> {
  return {
    kind: 'forecast',
    lane: 'heavy',
    stopWithinMs: 10_000,
    prepare: async (job) => {
      const { snapshotId, config, device } = requestOf(job);
      return {
        ...(await compute.spec(device)),
        // On the disk of the runs, because writing checkpoints is timed; one dry run at a time has it.
        runFolder: join(workspace.cache, 'dry-run'),
        snapshotPath: snapshotPath(workspace, snapshotId),
        cacheFolder: workspace.cache,
        config,
      };
    },
    events: {},
    finish: async (job, { costs }) => {
      await forecasts.store(requestOf(job), costs);
      return 'complete';
    },
  };
}
