import { expect, test, vi } from 'vitest';
import type { BaseModel } from '#shared/contract/models.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { JobsState } from '../../src/renderer/src/state/jobs.svelte.ts';
import { ModelsState } from '../../src/renderer/src/state/models.svelte.ts';
import { TrainingState } from '../../src/renderer/src/state/training.svelte.ts';
import { startEngine } from './engine-in-memory.ts';
import { sampleId, sampleRun } from './samples.ts';

const model: BaseModel = {
  ...{ name: 'Reelwright base', version: '1.0.0', sha256: `3f2a91c0${'0'.repeat(56)}`, licence: 'MIT' },
  ...{ createdAt: 1, bytes: 30_000_000, weights: 14_000_000, frameRate: 12 },
  config: trainingConfig.parse({ gpt: { model: { order: 'raster' } } }),
};

async function models(answer: Awaited<ReturnType<Parameters<typeof startEngine>[0]['models.base'] & {}>>) {
  const { connection, events } = await startEngine({
    'jobs.list': () => ({ jobs: [] }),
    'training.listRuns': () => ({ runs: [sampleRun(1), sampleRun(2, { canGenerate: true })] }),
    'training.getRun': ({ runId }) => sampleRun(runId === sampleId(1) ? 1 : 2, { canGenerate: true }),
    'models.base': () => answer,
  });
  const training = new TrainingState(connection, new JobsState(connection));
  return { state: new ModelsState(connection, training), events };
}

test('trained runs come before the base model, which says which version it is', async () => {
  const { state, events } = await models({ model, problem: null });
  expect(state.loaded).toBe(false);
  await vi.waitFor(() => expect(state.loaded).toBe(true));
  expect(state.usable.map(({ name, note }) => [name, note])).toEqual([
    ['Run 2', 'Snapshot 1'],
    ['Reelwright base', '1.0.0 · 3f2a91c0'],
  ]);
  expect(state.get('base')?.config.gpt.model.order).toBe('raster');
  // A run that has its first checkpoint can be used from then on.
  events.emit('training.changed', { runId: sampleId(1) });
  await vi.waitFor(() => expect(state.usable).toHaveLength(3));
  expect(state.get(sampleId(1))?.name).toBe('Run 1');
});

test('without a base model the reason is kept, and runs can be used all the same', async () => {
  const problem = new AppError('base-model-missing', { path: '/resources' }).toWire();
  const { state } = await models({ model: null, problem });
  await vi.waitFor(() => expect(state.loaded).toBe(true));
  expect(state.base).toBeUndefined();
  expect(state.problem).toEqual(problem);
  expect(state.usable.map(({ name }) => name)).toEqual(['Run 2']);
});
