/** Jobs with real worker processes, and every way in which one can end. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { Job, JobProgress } from '#shared/contract/jobs.ts';
import { WORKER_STOPS_WITHIN_MS } from '#shared/contract/workers.ts';
import { jobEnds, jobReaches, obedientWorker, testEngine } from '../../fixtures/engine.ts';

const obedient = { workerEntry: () => obedientWorker };

function change(workspace: string, sql: string, ...values: unknown[]): void {
  const database = new SqliteDatabase(join(workspace, 'reelwright.db'));
  database.prepare(sql).run(...values);
  database.close();
}

function attemptsOf(workspace: string, jobId: string) {
  const database = new SqliteDatabase(join(workspace, 'reelwright.db'), { readonly: true });
  const rows = database
    .prepare<[string], { pid: number; status: string; error: string | null }>(
      'SELECT pid, status, error FROM attempts WHERE job_id = ? ORDER BY id',
    )
    .all(jobId);
  database.close();
  return rows;
}

async function runningPid(workspace: string, jobId: string): Promise<number> {
  for (;;) {
    const pid = attemptsOf(workspace, jobId).at(-1)?.pid;
    if (pid) return pid;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a job', () => {
  test('whose end cannot be written down is told to have failed all the same', async () => {
    const { client, workspace } = await testEngine(obedient);
    change(
      workspace,
      `CREATE TRIGGER full BEFORE UPDATE ON jobs WHEN NEW.status IN ('done', 'failed')
       BEGIN SELECT RAISE(ABORT, 'no room'); END`,
    );
    const ended = new Promise<Job>((resolve) => {
      client.listen('jobs.changed', (job) => void (job.finishedAt !== null && resolve(job)));
    });
    await client.call('imports.start', { paths: ['/finish'] });
    expect(await ended).toMatchObject({ status: 'failed', error: { code: 'internal' } });
  });

  test('runs, reports progress, and is done', async () => {
    const { client, workspace } = await testEngine(obedient);
    const progress: JobProgress[] = [];
    client.listen('jobs.progress', (report) => progress.push(report));
    const { id } = await client.call('imports.start', { paths: ['/finish'] });
    expect(await jobEnds(client, id)).toMatchObject({
      status: 'done',
      error: null,
      attempts: 1,
      canResume: false,
    });
    expect(progress.map(({ jobId, phase, done }) => ({ jobId, phase, done }))).toEqual([
      { jobId: id, phase: 'scan', done: 0 },
      { jobId: id, phase: 'scan', done: 10 },
    ]);
    expect(attemptsOf(workspace, id)).toMatchObject([{ status: 'done', error: null }]);
  });

  test('whose worker is killed has failed, says so, and can be resumed', async () => {
    const { client, workspace } = await testEngine(obedient);
    const { id } = await client.call('imports.start', { paths: ['/wait-for-cancel'] });
    process.kill(await runningPid(workspace, id), 'SIGKILL');
    expect(await jobEnds(client, id)).toMatchObject({
      status: 'failed',
      canResume: true,
      error: { code: 'worker-killed', params: { signal: 'SIGKILL' } },
    });
    const resumed = await client.call('jobs.resume', { jobId: id });
    expect(resumed).toMatchObject({ error: null, finishedAt: null });
    await jobReaches(client, id, 'running');
    expect((await client.call('jobs.cancel', { jobId: id })).status).toBe('cancelled');
    expect(attemptsOf(workspace, id).map(({ status }) => status)).toEqual(['failed', 'cancelled']);
  });

  test('whose worker exits has failed with its code and last words', async () => {
    const { client, workspace } = await testEngine(obedient);
    const { id } = await client.call('imports.start', { paths: ['/crash'] });
    expect(await jobEnds(client, id)).toMatchObject({
      status: 'failed',
      error: { code: 'worker-exited', params: { code: 3, detail: 'the last words of the worker' } },
    });
    const [log] = readdirSync(join(workspace, 'logs'));
    expect(readFileSync(join(workspace, 'logs', log!), 'utf8')).toContain('the last words of the worker');
  });

  test('whose worker throws fails with that error; a full disk is named', async () => {
    const { client, workspace } = await testEngine(obedient);
    const thrown = await client.call('imports.start', { paths: ['/throw'] });
    expect((await jobEnds(client, thrown.id)).error).toMatchObject({
      code: 'file-empty',
      params: { path: '/throw' },
    });
    const full = await client.call('imports.start', { paths: ['/full'] });
    expect((await jobEnds(client, full.id)).error).toMatchObject({
      code: 'disk-full',
      params: { path: workspace },
    });
  });

  test('whose worker shows no sign of life is ended', async () => {
    const { client } = await testEngine({ ...obedient, silentAfterMs: 2000 });
    const { id } = await client.call('imports.start', { paths: ['/hang'] });
    expect((await jobEnds(client, id)).error).toMatchObject({
      code: 'worker-silent',
      params: { seconds: 2 },
    });
  });

  test('that is cancelled stops; one that is queued never starts; the next in line does', async () => {
    const { client } = await testEngine(obedient);
    const first = await client.call('imports.start', { paths: ['/wait-for-cancel'] });
    const second = await client.call('imports.start', { paths: ['/finish'] });
    const third = await client.call('imports.start', { paths: ['/finish'] });
    await jobReaches(client, first.id, 'running');
    expect(await client.call('jobs.cancel', { jobId: second.id })).toMatchObject({
      status: 'cancelled',
      attempts: 0,
    });
    expect((await client.call('jobs.get', { jobId: third.id })).status).toBe('queued');
    expect((await client.call('jobs.cancel', { jobId: first.id })).status).toBe('cancelled');
    expect((await jobEnds(client, third.id)).status).toBe('done');
    await expect(client.call('jobs.resume', { jobId: third.id })).rejects.toMatchObject({
      code: 'job-not-resumable',
    });
  });

  test('is taken up once, however often that is asked for at the same time', async () => {
    const { client, workspace } = await testEngine(obedient);
    const { id } = await client.call('imports.start', { paths: ['/crash'] });
    await jobEnds(client, id);
    const resume = () => client.call('jobs.resume', { jobId: id });
    const outcomes = await Promise.allSettled([resume(), resume()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await jobEnds(client, id);
    expect(attemptsOf(workspace, id)).toHaveLength(2);
  });

  test(
    'waits for its last worker only if nobody saw that end, and can be cancelled meanwhile',
    async () => {
      const { client, workspace } = await testEngine(obedient);
      const { id } = await client.call('imports.start', { paths: ['/crash'] });
      await jobEnds(client, id);
      // Its number belongs to somebody else by now: to this test.
      change(workspace, 'UPDATE attempts SET pid = ?', process.pid);
      await client.call('jobs.resume', { jobId: id });
      expect(await jobEnds(client, id)).toMatchObject({ status: 'failed', attempts: 2 });

      change(workspace, "UPDATE attempts SET pid = ?, status = 'interrupted'", process.pid);
      await client.call('jobs.resume', { jobId: id });
      await jobReaches(client, id, 'running');
      expect(await client.call('jobs.cancel', { jobId: id })).toMatchObject({
        status: 'cancelled',
        attempts: 3,
      });
      // Waiting for the wrong process takes longer.
    },
    WORKER_STOPS_WITHIN_MS,
  );

  test('whose rows do not fit together fails, and holds nobody up', async () => {
    const { client, workspace } = await testEngine(obedient);
    change(
      workspace,
      `INSERT INTO jobs (id, kind, status, title, request, created_at) VALUES (?, 'generate', 'queued', '', ?, 0)`,
      '0'.repeat(26),
      JSON.stringify({ takeId: '1'.repeat(26) }),
    );
    await client.call('imports.start', { paths: ['/finish'] });
    expect(await jobEnds(client, '0'.repeat(26))).toMatchObject({
      status: 'failed',
      error: { code: 'not-found', params: { what: 'take' } },
    });
  });

  test('whose worker ignores the cancel is killed after a while', async () => {
    const { client, workspace } = await testEngine(obedient);
    const { id } = await client.call('imports.start', { paths: ['/ignore-cancel'] });
    const pid = await runningPid(workspace, id);
    expect((await client.call('jobs.cancel', { jobId: id })).status).toBe('cancelled');
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

test('closing the engine interrupts what runs and keeps what is queued; the next engine goes on', async () => {
  const { engine, client, workspace } = await testEngine(obedient);
  const first = await client.call('imports.start', { paths: ['/wait-for-cancel'] });
  const second = await client.call('imports.start', { paths: ['/finish'] });
  const pid = await runningPid(workspace, first.id);
  await engine.close();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');

  const next = await testEngine({ ...obedient, workspace });
  expect(await next.client.call('jobs.get', { jobId: first.id })).toMatchObject({
    status: 'interrupted',
    canResume: true,
    error: { code: 'engine-stopped' },
  });
  expect((await jobEnds(next.client, second.id)).status).toBe('done');
});
