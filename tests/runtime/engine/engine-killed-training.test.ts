/** The engine is killed in the middle of a training: the next one goes on, and the run ends with the bytes of one that was left alone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { engineMessage } from '#shared/contract/engine-host.ts';
import { connectToUrl } from '#main/engine/engine-client.ts';
import { jobEnds, jobReaches } from '../../fixtures/engine.ts';
import { temporaryFolder } from '../../fixtures/temporary-folder.ts';
import { checkpointFiles } from '../training/training-fixture.ts';

const engineMain = fileURLToPath(new URL('../../../src/main/engine/main.ts', import.meta.url));
const clips = ['turtle', 'penguin', 'octopus', 'eyes'].map((name) =>
  fileURLToPath(new URL(`../../fixtures/clips/${name}.webp`, import.meta.url)),
);
const config = {
  window: { frames: 5, size: 32 },
  checkpointEvery: 2,
  tokenizer: { epochs: 2, batch: 1, microBatch: 1, model: { width: 32, heads: 1, depth: 1 } },
  gpt: {
    epochs: 30,
    batch: 1,
    microBatch: 1,
    model: { width: 32, heads: 1, depth: 1, textLength: 8, textVocabulary: 300 },
  },
};

async function startEngine(workspace: string) {
  const child = spawn(process.execPath, [engineMain, '--workspace', workspace], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const greeting = engineMessage.parse(JSON.parse(line));
  if (greeting.type !== 'ready') throw new Error(greeting.error.code);
  return { child, client: await connectToUrl(greeting.url, greeting.token) };
}

test('a run whose engine was killed ends with the same bytes', async () => {
  const workspace = temporaryFolder();
  const first = await startEngine(workspace);
  await jobEnds(first.client, (await first.client.call('imports.start', { paths: clips })).id);
  const request = { ratio: { train: 3, val: 1, test: 0 } };
  const { id: snapshotId } = await first.client.call('splits.createSnapshot', { name: 'four', request });
  const whole = await first.client.call('training.start', { snapshotId, config });
  await jobReaches(first.client, whole.jobId, 'done');

  const cut = await first.client.call('training.start', { snapshotId, config });
  await new Promise<void>((resolve) => {
    first.client.listen('training.metrics', ({ runId, points }) => {
      if (runId === cut.id && points.some(({ stage, step }) => stage === 'gpt' && step > 10)) resolve();
    });
  });
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');

  const second = await startEngine(workspace);
  expect(await second.client.call('jobs.get', { jobId: cut.jobId })).toMatchObject({ status: 'interrupted' });
  await second.client.call('jobs.resume', { jobId: cut.jobId });
  expect(await jobReaches(second.client, cut.jobId, 'done')).toMatchObject({ attempts: 2 });

  const filesOf = (runId: string) => checkpointFiles(join(workspace, 'runs', runId));
  expect(await filesOf(cut.id)).toEqual(await filesOf(whole.id));
  second.child.kill('SIGTERM');
  await once(second.child, 'exit');
});
