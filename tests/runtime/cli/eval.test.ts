/** `reelwright eval` as a process of its own, on a workspace with a run of random weights. */
import { execa } from 'execa';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { EvalReport } from '#shared/contract/evaluation.ts';
import { temporaryFolder } from '../../fixtures/temporary-folder.ts';
import { workspaceWithRun } from '../../fixtures/workspace-with-run.ts';

const entry = fileURLToPath(new URL('../../../src/main/cli/main.ts', import.meta.url));

test('measures a run, makes takes of a file of prompts, and says what is wrong with what it was told', async () => {
  const folder = temporaryFolder();
  const workspace = join(folder, 'workspace');
  await workspaceWithRun(workspace, [
    'turtle.webp',
    'penguin.webp',
    'eyes.webp',
    'octopus.webp',
    'elephant.webp',
  ]);
  const reelwright = (...args: string[]) =>
    execa(process.execPath, [entry, '--workspace', workspace, ...args], {
      ...{ reject: false, cwd: folder, env: { LC_ALL: 'C' } },
    });

  writeFileSync(join(folder, 'prompts.txt'), '# two of them\na turtle\n乌龟\n');
  const options = ['--prompts', 'prompts.txt', '--takes', '1', '--sample', '1', '--preset', 'fast'];
  const { stdout, exitCode } = await reelwright(
    ...['--json', 'eval', '--split', 'train', '--seed', '5', '--grid', 'pictures', ...options],
  );
  expect(exitCode).toBe(0);
  const { takes, ...report } = JSON.parse(stdout) as EvalReport;
  expect(report).toMatchObject({ split: 'train', retrieval: { candidates: 3 } });
  expect(takes!.takes.slice(1)).toMatchObject([
    { prompt: 'a turtle', seed: 5 },
    { prompt: '乌龟', seed: 5 },
  ]);
  expect(existsSync(join(folder, 'pictures', 'grid.webp'))).toBe(true);
  expect(readFileSync(join(folder, 'pictures', 'prompts.txt'), 'utf8')).toContain('乌龟');

  const quick = await reelwright('eval', '--split', 'train', '--quick');
  expect(quick.stdout).toMatch(/bits per pixel +\d\.\d{4}/);
  expect(quick.stdout).not.toContain('copy score');

  const missing = await reelwright('--json', 'eval', '--prompts', 'nowhere.txt');
  expect(missing.exitCode).toBe(1);
  expect(missing.stdout).toContain('file-unreadable');
  const tooMany = await reelwright('--json', 'eval', '--takes', '99');
  expect(JSON.parse(tooMany.stdout)).toMatchObject({
    error: { code: 'invalid-input', params: { field: 'takes' } },
  });
});
