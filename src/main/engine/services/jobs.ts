/** Jobs as the studio sees them. */
import type { jobsProcedures } from '#shared/contract/jobs.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { HandlersOf } from './handlers-of.ts';

export function jobsHandlers(queue: JobQueue): HandlersOf<typeof jobsProcedures> {
  return {
    'jobs.list': async () => ({ jobs: await queue.list() }),
    'jobs.get': ({ jobId }) => queue.get(jobId),
    'jobs.cancel': ({ jobId }) => queue.cancel(jobId),
    'jobs.resume': ({ jobId, device }) => queue.resume(jobId, device && { device }),
  };
}
