/** The command line as a process of its own, on real files: results, JSON, and exit codes. */
import { execa } from 'execa';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorMessage } from '#shared/errors/app-error.ts';

const entry = fileURLToPath(new URL('../../../src/main/cli/main.ts', import.meta.url));
const fixtures = fileURLToPath(new URL('../../fixtures/clips', import.meta.url));

let folder: string;
let workspace: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelwright-cli-'));
  workspace = join(folder, 'workspace');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function reelwright(...args: string[]) {
  const { stdout, stderr, exitCode } = await execa(
    process.execPath,
    [entry, '--workspace', workspace, ...args],
    {
      reject: false,
      env: { LC_ALL: 'C' },
    },
  );
  return { stdout, stderr, exitCode, json: () => JSON.parse(stdout) };
}

describe('usage', () => {
  test('help is no error, a wrong command line is 2', async () => {
    const help = await reelwright('--help');
    expect(help.exitCode).toBe(0);
    for (const command of ['import', 'split', 'train', 'eval', 'generate', 'caption', 'serve', 'doctor']) {
      expect(help.stdout).toContain(`  ${command} `);
    }
    expect((await reelwright('bogus')).exitCode).toBe(2);
    const wrong = await reelwright('split', '--ratio', 'half');
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('80/10/10');
  });
});

describe('a workspace', () => {
  test('before anything is imported, commands say what to do', async () => {
    const split = await reelwright('--json', 'split');
    expect(split.exitCode).toBe(1);
    expect(split.json().error).toMatchObject({
      code: 'no-clips',
      message: expect.stringContaining('Import'),
    });
    const train = await reelwright('train');
    expect(train.exitCode).toBe(1);
    expect(train.stderr).toContain('snapshot');
  });

  test('import: what can be read comes in, the rest is listed, the exit code says part', async () => {
    const broken = join(folder, 'broken.mp4');
    await writeFile(broken, 'this is no video');
    const names = [
      'penguin.webp',
      'penguin.txt',
      'turtle.webp',
      'eyes.webp',
      'bunny-wakes.mp4',
      'bunny-runs.webm',
    ];
    for (const name of names) await copyFile(join(fixtures, name), join(folder, name));
    const media = names.filter((name) => !name.endsWith('.txt')).map((name) => join(folder, name));

    const some = await reelwright('--json', 'import', ...media, broken);
    expect(some.exitCode).toBe(3);
    expect(some.json()).toMatchObject({ imported: 5, failed: 1 });
    expect(some.json().items).toContainEqual(expect.objectContaining({ path: broken, outcome: 'failed' }));
    expect(await readFile(broken, 'utf8')).toBe('this is no video');

    const again = await reelwright('import', ...media);
    expect(again.exitCode).toBe(0);
    expect(again.stdout).toContain('0 imported, 5 already there');
    expect((await reelwright('import', broken)).exitCode).toBe(1);
  });

  test('split: a dry run stores nothing, a snapshot can be listed', async () => {
    const dry = await reelwright('--json', 'split', '--dry-run', '--ratio', '60/20/20');
    expect(dry.exitCode).toBe(0);
    expect((await reelwright('--json', 'snapshots')).json()).toEqual([]);
    const made = await reelwright('--json', 'split', '--ratio', '60/20/20', '--name', 'five');
    expect(made.json()).toMatchObject({ name: 'five', seed: 1 });
    expect((await reelwright('--json', 'snapshots')).json()).toHaveLength(1);
  });

  test('a setting out of range is refused by name', async () => {
    const train = await reelwright('--json', 'train', '--set', 'gpt.dropout=7');
    expect(train.exitCode).toBe(1);
    expect(train.json().error).toMatchObject({ code: 'invalid-input', params: { field: 'gpt.dropout' } });
  });

  test('train --forecast tells what a run would take, and starts none', async () => {
    const small = [
      ...['window.frames=5', 'window.size=32', 'tokenizer.model.width=32', 'tokenizer.model.heads=1'],
      ...['tokenizer.model.depth=1', 'gpt.model.width=32', 'gpt.model.heads=1', 'gpt.model.depth=1'],
    ].flatMap((setting) => ['--set', setting]);
    const told = await reelwright('--json', 'train', '--forecast', ...small);
    expect(told.exitCode).toBe(0);
    const { needs, fit } = told.json();
    expect(fit).toBe('fits');
    expect(needs.seconds.gpt).toBeGreaterThan(0);
    const huge = ['gpt.model.width=2048', 'gpt.model.depth=48', 'gpt.batch=64', 'gpt.microBatch=64'];
    const refused = await reelwright('train', ...huge.flatMap((setting) => ['--set', setting]));
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('does not fit');
    expect(refused.stderr).toMatch(/--set gpt\.model\.\w+=\d+/);
    expect((await reelwright('--json', 'runs')).json()).toEqual([]);
  });

  test('doctor shows the machine', async () => {
    const doctor = await reelwright('--json', 'doctor');
    expect(doctor.exitCode).toBe(0);
    expect(doctor.json().info.devices).toContainEqual(
      expect.objectContaining({ id: 'cpu', available: true, reason: null }),
    );
    const unfit = doctor.json().checks.filter(({ status }: { status: string }) => status !== 'ok');
    for (const { fix } of unfit) expect(fix.message).toBe(errorMessage(fix, 'en'));
  });
});

test('a served engine is used by other commands on its workspace, is the only one there, and ends on SIGTERM', async () => {
  const server = execa(process.execPath, [entry, '--workspace', workspace, '--json', 'serve'], {
    reject: false,
    buffer: false,
  });
  const [line] = (await once(createInterface(server.stdout), 'line')) as [string];
  const { url } = JSON.parse(line) as { url: string };
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=/);

  expect((await reelwright('--json', 'snapshots')).json()).toHaveLength(1);
  expect((await reelwright('--json', '--engine-url', url, 'snapshots')).json()).toHaveLength(1);
  const second = await reelwright('--json', 'serve');
  expect(second.exitCode).toBe(1);
  expect(second.json().error).toMatchObject({ code: 'workspace-locked', params: { pid: server.pid } });

  server.kill('SIGTERM');
  expect((await server).exitCode).toBe(0);
  const gone = await reelwright('--json', '--engine-url', url, 'runs');
  expect(gone.exitCode).toBe(1);
  expect(gone.json().error.code).toBe('disconnected');
});
