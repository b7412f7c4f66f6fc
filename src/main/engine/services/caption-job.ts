/** The captioning job: leaves suggestions, which nothing applies by itself. */
import type { ModelId } from '#shared/contract/models.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { EngineContext } from '../context.ts';
import { getClipSources } from '../db/repositories/clips.ts';
import { saveSuggestions } from '../db/repositories/suggestions.ts';
import type { JobKindService } from '../jobs/job-kind.ts';
import type { Compute, DeviceWish } from './compute.ts';
import { getUsableModel } from './usable-model.ts';

export interface CaptionRequest extends DeviceWish {
  runId: ModelId;
  clipIds: string[];
}

export function captionJob(context: EngineContext, compute: Compute): JobKindService<'caption'> {
  const { db, workspace } = context;
  return {
    kind: 'caption',
    lane: 'heavy',
    stopWithinMs: 10_000,
    prepare: async (job) => {
      const { runId, clipIds } = job.request as CaptionRequest;
      const { folder } = await getUsableModel(context, runId);
      const clips = await getClipSources(db, clipIds);
      if (clips.length === 0) throw new AppError('no-clips');
      return {
        ...(await compute.spec((job.request as CaptionRequest).device)),
        runFolder: folder,
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
