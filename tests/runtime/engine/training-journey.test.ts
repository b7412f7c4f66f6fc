/** From a snapshot to an exported clip through the real engine and the real workers, with a tiny model. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { Take } from '#shared/contract/generation.ts';
import { jobEnds, jobReaches, testEngine } from '../../fixtures/engine.ts';
import { temporaryFolder } from '../../fixtures/temporary-folder.ts';

const clips = ['turtle', 'penguin', 'octopus', 'eyes', 'elephant', 'beer-mug'].map((name) =>
  fileURLToPath(new URL(`../../fixtures/clips/${name}.webp`, import.meta.url)),
);
const tiny = {
  window: { frames: 5, size: 32 },
  tokenizer: { epochs: 1, batch: 4, microBatch: 4, model: { width: 32, heads: 1, depth: 1 } },
  gpt: {
    epochs: 40,
    batch: 4,
    microBatch: 4,
    model: { width: 32, heads: 1, depth: 1, textLength: 8, textVocabulary: 300 },
  },
};

test('train, kill, resume, evaluate, generate, export, caption, delete', async () => {
  const { engine, client, workspace } = await testEngine();
  const importing = await client.call('imports.start', { paths: clips });
  await jobEnds(client, importing.id);
  const request = { ratio: { train: 4, val: 1, test: 1 } };
  const { id: snapshotId } = await client.call('splits.createSnapshot', { name: 'six', request });

  // A device of another system is refused before anything is done; the run goes on with the CPU from then on.
  const device = process.platform === 'darwin' ? 'dml' : 'coreml';
  const misplaced = await client.call('training.start', { snapshotId, config: tiny, device });
  expect(await jobEnds(client, misplaced.jobId)).toMatchObject({
    status: 'failed',
    canResume: true,
    error: { code: 'device-other-system' },
  });
  expect(readdirSync(join(workspace, 'cache'))).toEqual([]);
  await client.call('jobs.resume', { jobId: misplaced.jobId, device: 'cpu' });
  await jobReaches(client, misplaced.jobId, 'running');
  await client.call('training.deleteRun', { runId: misplaced.id });

  // Train; the worker is killed after the first checkpoint of the GPT; then the run goes on to its end.
  const run = await client.call('training.start', { snapshotId, config: tiny });
  expect(run).toMatchObject({ name: 'six', snapshotName: 'six', canGenerate: false, valLossBest: null });
  await expect(client.call('generation.start', { runId: run.id, prompt: '' })).rejects.toMatchObject({
    code: 'checkpoint-missing',
  });
  await new Promise<void>((resolve) => {
    const stop = client.listen('training.changed', ({ runId }) => {
      void client.call('training.getRun', { runId }).then(({ canGenerate }) => {
        if (!canGenerate) return;
        stop();
        resolve();
      });
    });
  });
  const database = new SqliteDatabase(join(workspace, 'reelwright.db'), { readonly: true });
  const pid = database.prepare('SELECT pid FROM attempts WHERE job_id = ?').pluck().get(run.jobId) as number;
  database.close();
  process.kill(pid, 'SIGKILL');
  expect(await jobEnds(client, run.jobId)).toMatchObject({
    status: 'failed',
    canResume: true,
    error: { code: 'worker-killed' },
  });
  await client.call('jobs.resume', { jobId: run.jobId });
  expect(await jobReaches(client, run.jobId, 'done')).toMatchObject({ attempts: 2, error: null });
  const trained = await client.call('training.getRun', { runId: run.id });
  expect(trained.valLossBest).toBeLessThan(trained.valLossBefore!);
  const { points } = await client.call('training.metrics', { runId: run.id });
  // Every step leaves a learning rate; one whose micro-batches all learn captions leaves no `loss/train`.
  const steps = points.flatMap((p) => (p.stage === 'gpt' && p.name === 'lr' ? [p.step] : []));
  expect(steps).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));

  // Fine-tune it by adapters; what could not start is refused before there is a run.
  const adapters = {
    ...tiny,
    initFrom: run.id,
    tokenizer: { ...tiny.tokenizer, epochs: 0 },
    gpt: { ...tiny.gpt, epochs: 1, lora: { rank: 2 } },
  };
  const { window } = run.config;
  const refused: [object, object][] = [
    [{ initFrom: snapshotId }, { code: 'not-found' }],
    [{ window: { ...window, frames: 1 } }, { code: 'invalid-input', params: { field: 'window' } }],
  ];
  for (const [change, error] of refused) {
    const config = { ...adapters, ...change };
    await expect(client.call('training.start', { snapshotId, config })).rejects.toMatchObject(error);
  }
  const tuned = await client.call('training.start', { snapshotId, config: adapters });
  await jobReaches(client, tuned.jobId, 'done');
  const { valLossBefore } = await client.call('training.getRun', { runId: tuned.id });
  expect(valLossBefore).toBeCloseTo(trained.valLossBest!, 4);

  // Evaluate
  const evaluation = await client.call('training.evaluate', { runId: run.id, split: 'test' });
  await jobReaches(client, evaluation.id, 'done');
  const report = await client.call('training.evalReport', { jobId: evaluation.id });
  expect(report).toMatchObject({ runId: run.id, split: 'test', clips: 1 });
  expect(report.perplexity).toBeCloseTo(Math.exp(report.tokenLoss), 3);

  // Generate and export
  const framesSeen: number[] = [];
  client.listen('generation.take', ({ framesDone }) => framesSeen.push(framesDone));
  const { takes: started } = await client.call('generation.start', {
    runId: run.id,
    prompt: 'a turtle',
    takes: 2,
  });
  const [{ id: takeId, jobId }, second] = started as [Take, Take];
  expect(second).toMatchObject({ jobId, sampling: { preset: 'balanced', seed: 2 } });
  await jobReaches(client, jobId, 'done');
  const take = await client.call('generation.getTake', { takeId });
  expect(take).toMatchObject({ status: 'done', framesDone: 5, frameCount: 5, hasVideo: true });
  expect(framesSeen).toContain(1);
  expect(await client.call('generation.getTake', { takeId: second.id })).toMatchObject({
    status: 'done',
    framesDone: 5,
  });
  const { confidence } = await client.call('generation.confidence', { takeId });
  expect(confidence!.latentFrames.map(({ firstFrame, frameCount }) => [firstFrame, frameCount])).toEqual([
    [0, 1],
    [1, 4],
  ]);
  const headers = { Authorization: `Bearer ${engine.token}` };
  const frame = await fetch(`${engine.url}/media/take/${takeId}/frame/4`, { headers });
  expect(frame.headers.get('content-type')).toBe('image/png');
  const path = join(temporaryFolder(), 'turtle.mp4');
  const { bytes } = await client.call('generation.export', { takeId, path });
  expect(readFileSync(path)).toHaveLength(bytes);
  expect(readFileSync(path).toString('latin1', 4, 8)).toBe('ftyp');
  writeFileSync(path, 'mine');
  await expect(client.call('generation.export', { takeId, path })).rejects.toMatchObject({
    code: 'file-exists',
  });
  expect(readFileSync(path, 'utf8')).toBe('mine');
  await client.call('generation.export', { takeId, path, overwrite: true });
  expect(readFileSync(path)).toHaveLength(bytes);

  // Caption
  const clipIds = (await client.call('library.list', { limit: 2 })).clips.map((clip) => clip.id);
  const captioning = await client.call('captions.suggest', { runId: run.id, clipIds });
  await jobReaches(client, captioning.id, 'done');
  const { suggestions } = await client.call('captions.suggestions', { jobId: captioning.id });
  expect(suggestions.map(({ clipId }) => clipId).toSorted()).toEqual(clipIds.toSorted());

  // Delete: the run is gone, its take stays and still says where it came from.
  await client.call('training.deleteRun', { runId: run.id });
  expect((await client.call('training.listRuns', {})).runs.map(({ id }) => id)).toEqual([tuned.id]);
  expect(existsSync(join(workspace, 'runs', run.id))).toBe(false);
  expect((await client.call('generation.listTakes', {})).takes).toMatchObject([
    { id: second.id, runId: run.id },
    { id: takeId, runId: run.id },
  ]);
  await expect(client.call('generation.start', { runId: run.id, prompt: '' })).rejects.toMatchObject({
    code: 'not-found',
  });
});
