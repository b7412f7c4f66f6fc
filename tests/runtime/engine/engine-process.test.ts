/** The engine as a process: its greeting, its lock, its end by signal, and what the next one finds after a kill. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { engineMessage, type EngineMessage } from '#shared/contract/engine-host.ts';
import { connectToUrl } from '#main/engine/engine-client.ts';
import { startEngine } from '#main/engine/engine.ts';
import { findRunningEngine } from '#main/engine/workspace.ts';
import { obedientWorker, testEngine } from '../../fixtures/engine.ts';
import { temporaryFolder } from '../../fixtures/temporary-folder.ts';

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const engineMain = pathOf('../../../src/main/engine/main.ts');
const engineWithObedientWorkers = pathOf('../../fixtures/workers/engine-process.ts');

async function startProcess(
  entry: string,
  ...args: string[]
): Promise<{ child: ChildProcess; greeting: EngineMessage }> {
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, greeting: engineMessage.parse(JSON.parse(line)) };
}

const ready = (greeting: EngineMessage) => {
  if (greeting.type !== 'ready') throw new Error(greeting.error.code);
  return greeting;
};

describe('engine process', () => {
  test('greets with url and token, serves, can be found, and leaves at SIGTERM', async () => {
    const workspace = temporaryFolder();
    const { child, greeting } = await startProcess(engineMain, '--workspace', workspace);
    const { url, token } = ready(greeting);
    expect(findRunningEngine(workspace)).toEqual({ pid: child.pid, url, token });
    const client = await connectToUrl(url, token);
    expect(await client.call('library.list', {})).toEqual({ total: 0, clips: [] });
    await expect(connectToUrl(url, 'wrong')).rejects.toMatchObject({ code: 'disconnected' });

    const disconnected = new Promise<void>((resolve) => client.onClose(resolve));
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    await disconnected;
    expect(findRunningEngine(workspace)).toBeNull();
  });

  test('refuses a workspace that another engine has, and names its process', async () => {
    const workspace = temporaryFolder();
    const { child } = await startProcess(engineMain, '--workspace', workspace);
    const second = await startProcess(engineMain, '--workspace', workspace);
    expect(second.greeting).toEqual({
      type: 'failed',
      error: expect.objectContaining({
        code: 'workspace-locked',
        params: { path: workspace, pid: child.pid },
      }) as unknown,
    });
    expect(await once(second.child, 'exit')).toEqual([1, null]);
    await expect(startEngine({ workspace })).rejects.toMatchObject({ code: 'workspace-locked' });
  });

  test('killed: the lock is free, the worker leaves too, and its job is interrupted and can be resumed', async () => {
    const workspace = temporaryFolder();
    const { child, greeting } = await startProcess(engineWithObedientWorkers, workspace);
    const remote = await connectToUrl(ready(greeting).url, ready(greeting).token);
    const running = new Promise<void>((resolve) => remote.listen('jobs.progress', () => resolve()));
    const { id } = await remote.call('imports.start', { paths: ['/wait-for-cancel'] });
    await running;
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(findRunningEngine(workspace)).toBeNull();
    const database = new SqliteDatabase(join(workspace, 'reelwright.db'), { readonly: true });
    const workerPid = database.prepare('SELECT pid FROM attempts').pluck().get() as number;
    database.close();

    const { client } = await testEngine({ workspace, workerEntry: () => obedientWorker });
    expect(await client.call('jobs.get', { jobId: id })).toMatchObject({
      status: 'interrupted',
      canResume: true,
      attempts: 1,
      error: { code: 'engine-stopped' },
    });
    await client.call('jobs.resume', { jobId: id });
    await new Promise<void>((resolve) => client.listen('jobs.progress', () => resolve()));
    expect(() => process.kill(workerPid, 0)).toThrow('ESRCH');
    expect(await client.call('jobs.cancel', { jobId: id })).toMatchObject({
      status: 'cancelled',
      attempts: 2,
    });
  });
});

test('an engine that fails at its last step ends all the same', async () => {
  const workspace = temporaryFolder();
  await (await startEngine({ workspace })).close();
  const database = new SqliteDatabase(join(workspace, 'reelwright.db'));
  database.exec(`
    INSERT INTO jobs (id, kind, status, title, request, created_at) VALUES ('1', 'import', 'running', '', '{}', 0);
    CREATE TRIGGER stubborn BEFORE UPDATE ON jobs BEGIN SELECT RAISE(ABORT, 'no'); END`);
  database.close();
  const { child, greeting } = await startProcess(engineMain, '--workspace', workspace);
  expect(greeting.type).toBe('failed');
  expect(await once(child, 'exit')).toEqual([1, null]);
});

test('a folder that cannot be written to is named, with the reason', async () => {
  const file = join(temporaryFolder(), 'a file');
  writeFileSync(file, '');
  await expect(startEngine({ workspace: join(file, 'workspace') })).rejects.toMatchObject({
    code: 'workspace-unwritable',
    params: { detail: expect.stringContaining('ENOTDIR') as unknown },
  });
});

test('an engine that cannot open its database gives the workspace back', async () => {
  const workspace = temporaryFolder();
  mkdirSync(join(workspace, 'reelwright.db'));
  await expect(startEngine({ workspace })).rejects.toThrow();
  expect(() => readFileSync(join(workspace, 'engine.json'))).toThrow('ENOENT');
  await expect(startEngine({ workspace })).rejects.not.toMatchObject({ code: 'workspace-locked' });
});
