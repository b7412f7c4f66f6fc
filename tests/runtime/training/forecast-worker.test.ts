/** The dry run as a real process: what it measures is what training does, and it leaves nothing behind. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ForecastSpec, WorkerResult } from '#shared/contract/workers.ts';
import { createWorkspace, start, type Workspace } from './training-fixture.ts';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
});
afterAll(() => workspace.remove());

function dryRun(name: string) {
  const { costs: _, ...spec } = workspace.newRun(name);
  return { spec, worker: start({ kind: 'forecast', spec: spec satisfies ForecastSpec }, workspace.folder) };
}

test('every part of a run is measured; only decoded clips stay', async () => {
  const { spec, worker } = dryRun('dry');
  const { costs } = (await worker.result) as Extract<WorkerResult, { kind: 'forecast' }>;
  expect(costs.clips).toEqual({ train: 5, val: 2, undecoded: 0, captioned: 1 });
  expect(Object.keys(costs.tokenizer.microBatches)).toEqual(['reconstruct']);
  expect(Object.keys(costs.gpt.microBatches)).toEqual(['generate', 'caption', 'conditioned']);
  const { tokenizer, gpt, clips: _, ...others } = costs;
  const seconds = [tokenizer, gpt].flatMap(({ microBatches, ...parts }) => [
    ...Object.values(microBatches),
    ...Object.values(parts),
  ]);
  for (const value of [...seconds, ...Object.values(others)]) expect(value).toBeGreaterThan(0);
  expect(costs.decodeClip).toBeGreaterThan(costs.readClip);
  expect(gpt.peakMemoryBytes).toBeGreaterThanOrEqual(tokenizer.peakMemoryBytes);
  expect(tokenizer.peakMemoryBytes).toBeGreaterThan(costs.idleMemoryBytes);

  expect(existsSync(spec.runFolder)).toBe(false);
  expect(await readdir(spec.cacheFolder)).toEqual(['windows']);
  expect(worker.observed.points).toEqual([]);
  expect(worker.observed.checkpoints).toEqual([]);
});

test('stopped in the middle it ends at once and leaves nothing either', async () => {
  const { spec, worker } = dryRun('stopped');
  worker.cancel();
  await expect(worker.result).rejects.toMatchObject({ code: 'cancelled' });
  expect(existsSync(spec.runFolder)).toBe(false);
});
