/** From a dry run to the run that it foretold, through the real engine, with tiny models. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { JobProgress } from '#shared/contract/jobs.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';
import { jobReaches, testEngine } from '../../fixtures/engine.ts';

const clips = ['turtle', 'penguin', 'octopus', 'eyes'].map((name) =>
  fileURLToPath(new URL(`../../fixtures/clips/${name}.webp`, import.meta.url)),
);
const tiny = trainingConfig.parse({
  window: { frames: 5, size: 32 },
  tokenizer: { epochs: 2, batch: 2, microBatch: 2, model: { width: 32, heads: 1, depth: 1 } },
  gpt: { epochs: 4, batch: 2, model: { width: 32, heads: 1, depth: 1, textLength: 8, textVocabulary: 300 } },
});

test('measure, forecast for other lengths too, refuse what does not fit, train with the time left of all of it', async () => {
  const { client, workspace } = await testEngine();
  const importing = await client.call('imports.start', { paths: clips });
  await jobReaches(client, importing.id, 'done');
  const request = { ratio: { train: 3, val: 1, test: 0 } };
  const { id: snapshotId } = await client.call('splits.createSnapshot', { name: 'four', request });

  // Nothing is measured: memory and disk by rule, no time.
  const before = await client.call('forecast.get', { snapshotId, config: tiny });
  expect(before).toMatchObject({ measuredAt: null, costs: null, fit: 'fits', proposals: [] });
  expect(before.needs.seconds).toBeNull();

  const measuring = await client.call('forecast.measure', { snapshotId, config: tiny });
  expect(measuring.kind).toBe('forecast');
  await jobReaches(client, measuring.id, 'done');
  const forecast = await client.call('forecast.get', { snapshotId, config: tiny });
  expect(forecast.measuredAt).toBeGreaterThan(0);
  expect(existsSync(join(workspace, 'cache/dry-run'))).toBe(false);

  // More epochs need no measurement of their own, and as many more take as much longer; other models do need one.
  const needsOf = async (epochs: number) => {
    const config = { ...tiny, gpt: { ...tiny.gpt, epochs } };
    return (await client.call('forecast.get', { snapshotId, config })).needs.seconds!;
  };
  const [long, longer] = [await needsOf(40), await needsOf(76)];
  expect(long.gpt).toBeGreaterThan(forecast.needs.seconds!.gpt);
  expect((longer.gpt - long.gpt) / (long.gpt - forecast.needs.seconds!.gpt)).toBeCloseTo(1, 6);
  expect(long.tokenizer).toBe(forecast.needs.seconds!.tokenizer);
  const deeper = { ...tiny, gpt: { ...tiny.gpt, model: { ...tiny.gpt.model, depth: 2 } } };
  expect((await client.call('forecast.get', { snapshotId, config: deeper })).measuredAt).toBeNull();

  // Far beyond any machine: refused before anything is tried, with settings that would fit.
  const config = trainingConfig.parse({
    gpt: { microBatch: 64, batch: 64, model: { width: 2048, heads: 32, depth: 48 } },
  });
  const huge = await client.call('forecast.get', { snapshotId, config });
  expect(huge.fit).toBe('does-not-fit');
  for (const { needs } of huge.proposals) expect(needs.memoryBytes).toBeLessThan(huge.room.memoryFree);
  const refused = { code: 'run-does-not-fit' };
  await expect(client.call('forecast.measure', { snapshotId, config })).rejects.toMatchObject(refused);
  await expect(client.call('training.start', { snapshotId, config })).rejects.toMatchObject(refused);
  expect((await client.call('training.listRuns', {})).runs).toEqual([]);

  // The run knows from the start how long all of it takes, and never goes back.
  const reports: JobProgress[] = [];
  client.listen('jobs.progress', (progress) => reports.push(progress));
  const run = await client.call('training.start', { snapshotId, config: tiny });
  await jobReaches(client, run.jobId, 'done');
  const ofRun = reports.filter(({ jobId }) => jobId === run.jobId);
  expect(ofRun[0]!.secondsLeft).toBeGreaterThan(0);
  expect(ofRun.every(({ secondsLeft, share }) => secondsLeft !== null && share !== null)).toBe(true);
  expect(ofRun.at(-1)).toMatchObject({ secondsLeft: 0, share: 1 });
});

test('settings that do not go together are said to be wrong, and so is a snapshot that is not there', async () => {
  const { client } = await testEngine();
  const snapshotId = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
  await expect(client.call('forecast.get', { snapshotId })).rejects.toMatchObject({ code: 'not-found' });
  const config = { window: { frames: 6 } };
  await expect(client.call('forecast.get', { snapshotId, config })).rejects.toMatchObject({
    code: 'invalid-input',
  });
});
