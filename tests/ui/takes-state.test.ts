import { expect, test, vi } from 'vitest';
import { takeFileName } from '../../src/renderer/src/actions/takes.ts';
import { TakesState } from '../../src/renderer/src/state/takes.svelte.ts';
import { startEngine } from './engine-in-memory.ts';
import { sampleId, sampleTake } from './samples.ts';

test('follows a take frame by frame, and never back', async () => {
  const started = sampleTake(5, { status: 'running', framesDone: 0, hasVideo: false });
  const { connection, events, calls } = await startEngine({
    'generation.listTakes': () => ({ takes: [sampleTake(1), sampleTake(2)] }),
    'generation.start': () => ({ takes: [started] }),
  });
  const takes = new TakesState(connection);
  await vi.waitFor(() => expect(takes.takes.map(({ id }) => id)).toEqual([sampleId(2), sampleId(1)]));
  takes.runId = sampleId(1);
  takes.prompt = '  a turtle swims ';
  takes.newSeed = false;
  takes.sampling.seed = 42;
  await takes.generate();
  expect(calls.at(-1)?.input).toMatchObject({ prompt: 'a turtle swims', sampling: { seed: 42 }, takes: 1 });
  expect(takes.current?.framesDone).toBe(0);
  expect(takes.running?.id).toBe(started.id);

  events.emit('generation.take', { ...started, framesDone: 5 });
  await vi.waitFor(() => expect(takes.current?.framesDone).toBe(5));
  events.emit('generation.take', { ...started, status: 'done', framesDone: 17, hasVideo: true });
  events.emit('generation.take', { ...started, framesDone: 5 });
  await vi.waitFor(() => expect(takes.current?.hasVideo).toBe(true));
  await connection.call('generation.listTakes', {});
  expect(takes.current?.framesDone).toBe(17);
  expect(takes.running).toBeUndefined();
});

test('puts everything that made a take back into the controls', async () => {
  const { connection } = await startEngine({ 'generation.listTakes': () => ({ takes: [] }) });
  const takes = new TakesState(connection);
  const take = sampleTake(1, { prompt: 'eyes' });
  takes.reuse({
    ...take,
    task: { kind: 'loop' },
    sampling: { ...take.sampling, seed: 7, guidance: 5 },
  });
  expect(takes.task).toEqual({ kind: 'loop' });
  expect([takes.prompt, takes.runId, takes.newSeed]).toEqual(['eyes', take.runId, false]);
  expect(takes.sampling).toMatchObject({ seed: 7, guidance: 5 });
});

test('several takes come side by side, in the order of their seeds, and the first goes into the player', async () => {
  const started = [5, 6].map((number) =>
    sampleTake(number, { status: 'running', framesDone: 0, createdAt: 9, hasVideo: false }),
  );
  const { connection, events, calls } = await startEngine({
    'generation.listTakes': () => ({ takes: [sampleTake(1)] }),
    'generation.start': () => ({ takes: started }),
  });
  const takes = new TakesState(connection);
  await vi.waitFor(() => expect(takes.loaded).toBe(true));
  takes.runId = sampleId(1);
  takes.count = 2;
  takes.choosePreset('best');
  expect(takes.preset).toBe('best');
  await takes.generate();
  expect(calls.at(-1)?.input).toMatchObject({
    takes: 2,
    sampling: { steps: 16 },
    task: { kind: 'generate' },
  });
  expect(takes.takes.map(({ id }) => id)).toEqual([5, 6, 1].map(sampleId));
  expect(takes.currentId).toBe(sampleId(5));
  events.emit('generation.take', { ...started[1]!, framesDone: 5 });
  await vi.waitFor(() => expect(takes.takes[1]?.framesDone).toBe(5));
  takes.sampling.guidance = 7;
  expect(takes.preset).toBeNull();
});

test('names files by the prompt, in any language', () => {
  expect(takeFileName(sampleTake(1, { prompt: 'a "turtle" / swims?' }))).toBe('a-turtle-swims-1.mp4');
  expect(takeFileName(sampleTake(1, { prompt: '绿茶 冒着热气' }))).toBe('绿茶-冒着热气-1.mp4');
  expect(takeFileName(sampleTake(1, { prompt: '' }))).toBe('take-1.mp4');
});
