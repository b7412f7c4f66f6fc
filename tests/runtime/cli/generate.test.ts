/** `reelwright generate` as a process of its own, on a workspace with a run of random weights. */
import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Take, TakeConfidence } from '#shared/contract/generation.ts';
import { workspaceWithRun } from '../../fixtures/workspace-with-run.ts';

const entry = fileURLToPath(new URL('../../../src/main/cli/main.ts', import.meta.url));

let folder: string;
let workspace: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelwright-cli-'));
  workspace = join(folder, 'workspace');
  await workspaceWithRun(workspace, ['turtle.webp', 'penguin.webp', 'eyes.webp']);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function generate(...args: string[]) {
  const { stdout, stderr, exitCode } = await execa(
    process.execPath,
    [entry, '--workspace', workspace, ...args],
    { reject: false, cwd: folder, env: { LC_ALL: 'C' } },
  );
  return { stdout, stderr, exitCode };
}

interface Made {
  takes: { take: Take; path: string; bytes: number; confidence: TakeConfidence }[];
}

test('takes of one prompt are numbered files with seeds in a row, and say how sure the model was', async () => {
  const { stdout, exitCode } = await generate(
    '--json',
    'generate',
    'a turtle',
    ...['--takes', '3', '--seed', '7', '--preset', 'fast', '--output', 'turtle.mp4'],
  );
  expect(exitCode).toBe(0);
  const { takes } = JSON.parse(stdout) as Made;
  expect(takes.map(({ path }) => path)).toEqual([1, 2, 3].map((n) => join(folder, `turtle-${n}.mp4`)));
  expect(takes.every(({ path }) => existsSync(path))).toBe(true);
  expect(takes.map(({ take }) => take.sampling)).toMatchObject(
    [7, 8, 9].map((seed) => ({ seed, preset: 'fast', steps: 4 })),
  );
  const { rows, columns, latentFrames } = takes[0]!.confidence;
  expect([rows, columns, latentFrames.length]).toEqual([2, 2, 3]);
  expect(latentFrames.at(-1)).toMatchObject({ firstFrame: 5, frameCount: 4 });
  expect(latentFrames.flatMap(({ confidence }) => confidence).every((p) => p > 0 && p <= 1)).toBe(true);
});

test('a setting of its own goes before the preset; a preset that does not exist is a usage error', async () => {
  const { stdout } = await generate('--json', 'generate', '', '--preset', 'best', '--steps', '2');
  const [made] = (JSON.parse(stdout) as Made).takes;
  expect(made!.take).toMatchObject({ prompt: '', sampling: { preset: null, steps: 2, guidance: 3 } });
  const wrong = await generate('generate', 'a turtle', '--preset', 'reckless');
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toContain('balanced');
});
