/** Import: starts the job and reports what came in and what did not. */
import { stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import type { importsProcedures } from '#shared/contract/imports.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { EngineContext } from '../context.ts';
import { countImportItems, listImportProblems } from '../db/repositories/import-items.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { HandlersOf } from './handlers-of.ts';
import type { ImportRequest } from './import-job.ts';

const REPORTED_ITEMS = 1000;

export function importsHandlers(
  { db, workspace }: EngineContext,
  queue: JobQueue,
): HandlersOf<typeof importsProcedures> {
  function start(paths: string[], title: string) {
    const request: ImportRequest = { paths };
    return queue.add({ kind: 'import', title, request });
  }

  return {
    'imports.start': ({ paths }) => {
      const relative = paths.find((path) => !isAbsolute(path));
      if (relative !== undefined) {
        throw new AppError('invalid-input', { field: 'paths', problem: `“${relative}” is not absolute` });
      }
      return start(paths, titleOf(paths));
    },
    'imports.startUploaded': async ({ batch }) => {
      const folder = join(workspace.uploads, batch);
      if (!(await stat(folder).catch(() => null)))
        throw new AppError('not-found', { what: 'upload', id: batch });
      return start([folder], 'Upload');
    },
    'imports.report': async ({ jobId }) => {
      const job = await queue.get(jobId);
      if (job.kind !== 'import') throw new AppError('not-found', { what: 'import', id: jobId });
      const counts = await countImportItems(db, jobId);
      return {
        imported: counts.imported,
        duplicates: counts.duplicate,
        skipped: counts.skipped,
        failed: counts.failed,
        items: await listImportProblems(db, jobId, REPORTED_ITEMS),
      };
    },
  };
}

function titleOf(paths: string[]): string {
  const first = basename(paths[0]!) || paths[0]!;
  return paths.length === 1 ? first : `${first} +${paths.length - 1}`;
}
