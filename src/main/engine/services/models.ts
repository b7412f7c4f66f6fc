/** The base model, and runs as packages to share. */
import { isAbsolute } from 'node:path';
import type { modelsProcedures } from '#shared/contract/models.ts';
import { AppError, toWireError } from '#shared/errors/app-error.ts';
import type { EngineContext } from '../context.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { ExportRequest } from './export-job.ts';
import { getTrainedRun } from './find-run.ts';
import type { HandlersOf } from './handlers-of.ts';

export function modelsHandlers(
  { db, baseModel }: EngineContext,
  queue: JobQueue,
): HandlersOf<typeof modelsProcedures> {
  return {
    'models.base': () =>
      baseModel.get().then(
        (model) => ({ model, problem: null }),
        (error: unknown) => ({ model: null, problem: toWireError(error) }),
      ),
    'models.export': async (asked) => {
      const run = await getTrainedRun(db, asked.runId);
      if (!isAbsolute(asked.folder))
        throw new AppError('invalid-input', { field: 'folder', problem: 'not absolute' });
      const request: ExportRequest = asked;
      return queue.add({ kind: 'export', title: asked.name || run.name, request });
    },
  };
}
