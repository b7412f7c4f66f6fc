import { expect, test, vi } from 'vitest';
import { AppError } from '#shared/errors/app-error.ts';
import { ImportingState } from '../../src/renderer/src/state/importing.svelte.ts';
import { JobsState } from '../../src/renderer/src/state/jobs.svelte.ts';
import { startEngine } from './engine-in-memory.ts';
import { sampleId, sampleJob } from './samples.ts';

test('shows active jobs oldest first, with the latest progress', async () => {
  const { connection, events } = await startEngine({
    'jobs.list': () => ({ jobs: [sampleJob(2), sampleJob(1), sampleJob(3, { status: 'done' })] }),
  });
  const jobs = new JobsState(connection);
  await vi.waitFor(() => expect(jobs.active.map(({ id }) => id)).toEqual([sampleId(1), sampleId(2)]));
  const progress = {
    jobId: sampleId(1),
    phase: 'probe',
    done: 3,
    total: 9,
    rate: 2,
    secondsLeft: 3,
    share: null,
  };
  events.emit('jobs.progress', progress);
  await vi.waitFor(() => expect(jobs.progress(sampleId(1))).toEqual(progress));
});

test('tells once that a job ended, and is not fooled by a late answer', async () => {
  const { connection } = await startEngine({ 'jobs.list': () => ({ jobs: [] }) });
  const jobs = new JobsState(connection);
  const ended: string[] = [];
  jobs.onFinished((job) => ended.push(job.status));
  jobs.accept(sampleJob(1));
  jobs.accept(sampleJob(1, { status: 'failed' }));
  jobs.accept(sampleJob(1));
  expect(ended).toEqual(['failed']);
  expect(jobs.active).toEqual([]);
  // A resumed job is a new attempt.
  jobs.accept(sampleJob(1, { attempts: 2 }));
  expect(jobs.active).toHaveLength(1);
});

test('uploads, imports the batch, and fetches the report when the job is done', async () => {
  const report = { imported: 2, duplicates: 0, skipped: 0, failed: 0, items: [] };
  const { connection, events, calls } = await startEngine({
    'jobs.list': () => ({ jobs: [] }),
    'imports.startUploaded': () => sampleJob(1),
    'imports.report': () => report,
  });
  const jobs = new JobsState(connection);
  const seen: (number | undefined)[] = [];
  let uploadedBatch = '';
  const importing: ImportingState = new ImportingState(connection, jobs, (batch, files, progress) => {
    uploadedBatch = batch;
    progress(files.reduce((sum, { file }) => sum + file.size, 0));
    seen.push(importing.upload?.sentBytes);
    return Promise.resolve();
  });
  await importing.importFiles([
    { path: 'a/one.webp', file: new File(['12345'], 'one.webp') },
    { path: 'a/two.webp', file: new File(['123'], 'two.webp') },
  ]);
  expect(seen).toEqual([8]);
  expect(importing.upload).toBeUndefined();
  expect(importing.busy).toBe(true);
  expect(calls.find(({ name }) => name === 'imports.startUploaded')?.input).toEqual({ batch: uploadedBatch });
  events.emit('jobs.changed', sampleJob(1, { status: 'done' }));
  await vi.waitFor(() => expect(importing.report).toEqual(report));
  expect(importing.busy).toBe(false);
});

test('says that a job is stopping until it has stopped, or could not be asked to', async () => {
  let away = true;
  const { connection, events } = await startEngine({
    'jobs.list': () => ({ jobs: [sampleJob(1)] }),
    'jobs.cancel': () => {
      if (away) throw new AppError('internal', { detail: 'away' });
      return sampleJob(1);
    },
  });
  const jobs = new JobsState(connection);
  await vi.waitFor(() => expect(jobs.active).toHaveLength(1));
  await expect(jobs.cancel(sampleId(1))).rejects.toMatchObject({ code: 'internal' });
  expect(jobs.isStopping(sampleId(1))).toBe(false);
  away = false;
  await jobs.cancel(sampleId(1));
  expect(jobs.isStopping(sampleId(1))).toBe(true);
  events.emit('jobs.changed', sampleJob(1, { status: 'cancelled' }));
  await vi.waitFor(() => expect(jobs.isStopping(sampleId(1))).toBe(false));
});
