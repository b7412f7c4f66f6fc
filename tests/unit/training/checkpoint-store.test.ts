import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  bestCheckpoint,
  newestCheckpoint,
  readCheckpoint,
  rotateCheckpoints,
  writeCheckpoint,
  type CheckpointDraft,
} from '#main/workers/runtime/checkpoint-store.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';
import type { AppError } from '#shared/errors/app-error.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoints-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const noDamage = () => {
  throw new Error('no damage expected');
};

function draft(step: number, valLoss: number | null): CheckpointDraft {
  return {
    stage: 'gpt',
    step,
    epoch: step / 10,
    config: trainingConfig.parse({}),
    snapshot: { id: 'snapshot', hash: 'hash' },
    cursor: { epoch: 0, clip: step },
    random: [1, 2, 3, 0xffffffff],
    metrics: { valLossBefore: 7, valLossBest: valLoss, valPoints: [] },
    valLoss,
    tokenizerStep: 3,
  };
}

const weights = (step: number) => new Map([['weights.safetensors', new Uint8Array(1000).fill(step)]]);
const write = (step: number, valLoss: number | null = null) =>
  writeCheckpoint(folder, draft(step, valLoss), weights(step));
const pathOf = (step: number) => join(folder, 'gpt', String(step).padStart(9, '0'));
const steps = async () => (await readdir(join(folder, 'gpt'))).toSorted().map(Number);

test('what is written is read back whole', async () => {
  await write(10, 2.5);
  const found = await newestCheckpoint(folder, 'gpt', noDamage);
  expect(found?.manifest).toMatchObject(draft(10, 2.5));
  expect(found?.files.get('weights.safetensors')).toEqual(Buffer.alloc(1000, 10));
  expect(await readdir(join(folder, 'gpt'))).toEqual(['000000010']);
});

test('there is none before the first, of either stage', async () => {
  expect(await newestCheckpoint(folder, 'gpt', noDamage)).toBeNull();
  await write(1);
  expect(await bestCheckpoint(folder, 'tokenizer', noDamage)).toBeNull();
});

test('the best is the one with the lowest held-out loss, the newest where none was evaluated', async () => {
  await write(1);
  await write(2);
  expect((await bestCheckpoint(folder, 'gpt', noDamage))?.manifest.step).toBe(2);
  await write(3, 1.5);
  await write(4, 1.2);
  await write(5, 1.9);
  expect((await bestCheckpoint(folder, 'gpt', noDamage))?.manifest.step).toBe(4);
});

test.each([
  [
    'a flipped byte',
    (path: string) => flipByte(join(path, 'weights.safetensors')),
    /differs from its SHA-256/,
  ],
  ['a file cut short', (path: string) => truncate(join(path, 'weights.safetensors'), 999), /SHA-256/],
  ['a missing file', (path: string) => rm(join(path, 'weights.safetensors')), /weights.safetensors/],
  ['a missing manifest', (path: string) => rm(join(path, 'manifest.json')), /manifest.json/],
  ['a manifest cut short', (path: string) => truncate(join(path, 'manifest.json'), 100), /manifest.json/],
  ['a manifest of a newer format', (path: string) => changeFormat(path), /manifest.json: format/],
])('%s is recognised, reported, and the checkpoint before it is used', async (_, damage, detail) => {
  await write(1, 2);
  await write(2, 1);
  await damage(pathOf(2));
  for (const read of [newestCheckpoint, bestCheckpoint]) {
    const report = vi.fn<(error: AppError) => void>();
    expect((await read(folder, 'gpt', report))?.manifest.step).toBe(1);
    const reported = report.mock.calls.map(([error]) => error);
    // The best-first reader puts a checkpoint whose loss it cannot read behind the others, and never gets there.
    if (read === newestCheckpoint) expect(reported).toHaveLength(1);
    for (const error of reported) {
      expect(error.code).toBe('checkpoint-damaged');
      expect(error.params).toMatchObject({ path: pathOf(2), detail: expect.stringMatching(detail) });
    }
  }
  await expect(readCheckpoint(folder, 'gpt', 2)).rejects.toMatchObject({ code: 'checkpoint-damaged' });
});

test('when all are damaged, that is said: training does not silently start over', async () => {
  await write(1);
  await flipByte(join(pathOf(1), 'weights.safetensors'));
  await expect(newestCheckpoint(folder, 'gpt', () => {})).rejects.toMatchObject({
    code: 'checkpoint-damaged',
  });
});

test('a write that was interrupted is invisible, and cleared away by the next rotation', async () => {
  await write(1);
  const unfinished = join(folder, 'gpt', '.000000002.new');
  await mkdir(unfinished);
  await writeFile(join(unfinished, 'weights.safetensors'), 'half');
  expect((await newestCheckpoint(folder, 'gpt', noDamage))?.manifest.step).toBe(1);
  await rotateCheckpoints(folder, 'gpt', { newest: 1, keep: 1 });
  expect(await readdir(join(folder, 'gpt'))).toEqual(['000000001']);
});

test('a failed write leaves nothing behind', async () => {
  const broken = { ...draft(2, null), random: [-1] };
  await expect(writeCheckpoint(folder, broken, weights(2))).rejects.toThrow();
  expect(await readdir(folder)).toEqual([]);
});

test('writing a step again replaces it', async () => {
  await write(1, 3);
  await writeCheckpoint(folder, draft(1, 2), weights(9));
  const found = await readCheckpoint(folder, 'gpt', 1);
  expect(found.manifest.valLoss).toBe(2);
  expect(found.files.get('weights.safetensors')![0]).toBe(9);
});

test('rotation keeps the newest, the best, and as many others as asked', async () => {
  for (const [step, loss] of [3, 1, 2, 4, 5, 6].entries()) await write(step, loss);
  await rotateCheckpoints(folder, 'gpt', { newest: 5, keep: 2 });
  expect(await steps()).toEqual([1, 3, 4, 5]);
  await rotateCheckpoints(folder, 'gpt', { newest: 5, keep: 0 });
  expect(await steps()).toEqual([1, 5]);
});

test('a checkpoint that only bridged a pause goes with the next rotation, and costs no other its place', async () => {
  for (const [step, loss] of [1, 3, null].entries()) await write(step, loss);
  await writeCheckpoint(folder, { ...draft(3, null), bridges: true }, weights(3));
  await rotateCheckpoints(folder, 'gpt', { newest: 3, keep: 1 });
  expect(await steps()).toEqual([0, 2, 3]);
  await write(4, 4);
  await rotateCheckpoints(folder, 'gpt', { newest: 4, keep: 1 });
  expect(await steps()).toEqual([0, 2, 4]);
});

test('a damaged checkpoint that training went on from before costs no good one its place', async () => {
  for (const [step, loss] of [3, 2, 1].entries()) await write(step, loss);
  await truncate(join(pathOf(2), 'weights.safetensors'), 1);
  await rotateCheckpoints(folder, 'gpt', { newest: 1, keep: 0 });
  expect(await steps()).toEqual([1, 2]);
});

async function flipByte(path: string) {
  const bytes = await readFile(path);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(path, bytes);
}

async function changeFormat(path: string) {
  const manifest = JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8'));
  await writeFile(join(path, 'manifest.json'), JSON.stringify({ ...manifest, format: 2 }));
}
