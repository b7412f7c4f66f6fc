/** The command line on an empty workspace with a base model: a prompt works at once, a run starts from it, and is shared. */
import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Take } from '#shared/contract/generation.ts';
import type { Run } from '#shared/contract/training.ts';
import { tinyPackage } from '../models/package-fixture.ts';

const entry = fileURLToPath(new URL('../../../src/main/cli/main.ts', import.meta.url));
const clip = (name: string) => fileURLToPath(new URL(`../../fixtures/clips/${name}.webp`, import.meta.url));

let folder: string;
let baseModel: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelwright-cli-'));
  baseModel = (await tinyPackage(folder)).folder;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function reelwright(args: string[], base = baseModel) {
  const { stdout, stderr, exitCode } = await execa(
    process.execPath,
    [entry, '--workspace', join(folder, 'workspace'), '--json', ...args],
    { reject: false, cwd: folder, env: { LC_ALL: 'C', REELWRIGHT_BASE_MODEL: base } },
  );
  return { stderr, exitCode, json: JSON.parse(stdout) as unknown };
}

test('a prompt in an empty workspace gives a clip of the base model', async () => {
  const { exitCode, stderr, json } = await reelwright(['generate', 'a penguin', '--steps', '2']);
  expect(exitCode).toBe(0);
  const [made] = (json as { takes: { take: Take; path: string }[] }).takes;
  expect(made!.take).toMatchObject({ runId: 'base', model: { name: 'Tiny base', version: '1.2.3' } });
  expect(existsSync(made!.path)).toBe(true);
  expect(stderr).toContain(`Model: Tiny base 1.2.3 (${made!.take.model!.sha256.slice(0, 8)})`);
});

test('where it is missing, that and the way out are said', async () => {
  const nowhere = join(folder, 'nowhere');
  const { exitCode, json } = await reelwright(['generate', 'a penguin'], nowhere);
  expect(exitCode).toBe(1);
  const error = { code: 'base-model-missing', params: { path: nowhere } };
  expect(json).toMatchObject({ error: { ...error, message: expect.stringContaining('Install') as string } });
});

test('a run starts from it with its settings, by option or by config, and leaves as a model to share', async () => {
  await reelwright(['import', clip('turtle'), clip('penguin'), clip('eyes')]);
  await reelwright(['split', '--ratio', '1/1/1']);
  const config = join(folder, 'config.json');
  const short = { gpt: { epochs: 1, batch: 1, microBatch: 1 } };
  await writeFile(config, JSON.stringify({ initFrom: 'base', ...short }));
  const trained = await reelwright(['train', '--no-forecast', '--force', '--config', config]);
  expect(trained.exitCode).toBe(0);
  const run = trained.json as Run;
  expect(run).toMatchObject({
    base: { name: 'Tiny base' },
    config: { window: { frames: 9, size: 16 }, tokenizer: { epochs: 0 }, gpt: { model: { width: 32 } } },
  });
  const refused = await reelwright(['train', '--init-from', 'base', '--set', 'gpt.model.depth=4']);
  expect(refused.json).toMatchObject({ error: { code: 'invalid-input', params: { field: 'gpt.model' } } });

  const out = join(folder, 'shared');
  const made = await reelwright(['export-model', '--out', out, '--name', 'Mine', '--licence', 'CC-BY-4.0']);
  expect(made.json).toEqual({ runId: run.id, folder: out });
  const manifest: unknown = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'));
  expect(manifest).toMatchObject({
    name: 'Mine',
    licence: 'CC-BY-4.0',
    precision: 'float16',
    provenance: { startedFrom: 'base' },
  });
  const again = await reelwright(['export-model', '--out', out]);
  expect(again.json).toMatchObject({ error: { code: 'file-exists', params: { path: out } } });
});
