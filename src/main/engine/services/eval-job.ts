/** The evaluation job: leaves a report. */
import { join } from 'node:path';
import type { SplitName } from '#shared/contract/common.ts';
import { evalOptions, type EvalOptions } from '#shared/contract/evaluation.ts';
import type { EngineContext } from '../context.ts';
import { saveEvalReport } from '../db/repositories/runs.ts';
import type { JobKindService } from '../jobs/job-kind.ts';
import type { Compute, DeviceWish } from './compute.ts';
import { snapshotPath } from './snapshot-file.ts';
import { getTrainedRun } from './find-run.ts';

export interface EvalRequest extends DeviceWish, EvalOptions {
  runId: string;
  split: SplitName;
}

export function evalJob({ db, workspace }: EngineContext, compute: Compute): JobKindService<'eval'> {
  return {
    kind: 'eval',
    lane: 'heavy',
    stopWithinMs: 10_000,
    prepare: async (job) => {
      const { runId, split, device, ...options } = job.request as EvalRequest;
      const run = await getTrainedRun(db, runId);
      return {
        ...(await compute.spec(device)),
        // A job that an older version has queued lacks some.
        ...evalOptions.parse(options),
        runId,
        runFolder: join(workspace.runs, runId),
        snapshotPath: snapshotPath(workspace, run.snapshotId),
        cacheFolder: workspace.cache,
        split,
      };
    },
    events: {},
    finish: async (job, { report }) => {
      await saveEvalReport(db, job.id, report);
      return 'complete';
    },
  };
}
