/** The captioning job: leaves suggestions, which nothing applies by itself. */
import { join } from 'node:path';
import { AppError } from '#shared/errors/app-error.ts';
import type { EngineContext } from '../context.ts';
import { getClipSources } from '../db/repositories/clips.ts';
import { saveSuggestions } from '../db/repositories/suggestions.ts';
import type { JobKindService } from '../jobs/job-kind.ts';
import type { Compute, DeviceWish } from './compute.ts';
import { getTrainedRun } from './find-run.ts';

export interface CaptionRequest extends DeviceWish {
  runId: string;
  clipIds: string[];
}

export function captionJob({ db, workspace }: EngineContext, compute: Compute): JobKindService<'caption'> {
  return {
    kind: 'caption',
    lane: 'heavy',
    stopWithinMs: 10_000,
    prepare: async (job) => {
      const { runId, clipIds } = job.request as CaptionRequest;
      await getTrainedRun(db, runId);
      const clips = await getClipSources(db, clipIds);
      if (clips.length === 0) throw new AppError('no-clips');
      return {
        ...(await compute.spec((job.request as CaptionRequest).device)),
        runFolder: join(workspace.runs, runId),
        cacheFolder: workspace.cache,
        clips,
      };
    },
    events: {},
    finish: async (job, { suggestions }) => {
      await saveSuggestions(db, job.id, suggestions);
      return 'complete';
    },
  };
}
