/** The export job: a run's best checkpoint as a model package, in a folder of the user's choice. */
import { join } from 'node:path';
import type { ModelPrecision } from '#shared/contract/models.ts';
import { ownVersion } from '../app-paths.ts';
import type { EngineContext } from '../context.ts';
import type { JobKindService } from '../jobs/job-kind.ts';
import { getTrainedRun } from './find-run.ts';
import { frameRateOf } from './frame-rate.ts';

export interface ExportRequest {
  runId: string;
  folder: string;
  /** Empty for the name of the run. */
  name: string;
  version: string;
  licence: string;
  precision: ModelPrecision;
  overwrite: boolean;
}

export function exportJob({ db, workspace }: EngineContext): JobKindService<'export'> {
  return {
    kind: 'export',
    lane: 'files',
    stopWithinMs: 10_000,
    prepare: async (job) => {
      const { runId, name, ...asked } = job.request as ExportRequest;
      const run = await getTrainedRun(db, runId);
      return {
        ...asked,
        name: name || run.name,
        runFolder: join(workspace.runs, runId),
        frameRate: await frameRateOf(workspace, run),
        program: `Reelwright ${ownVersion}`,
      };
    },
    events: {},
    finish: async () => 'complete',
  };
}
