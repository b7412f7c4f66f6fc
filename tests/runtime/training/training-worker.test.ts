import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSafetensors, writeSafetensors } from '#main/ml/format/safetensors.ts';
import { bestCheckpoint, readCheckpoint, writeCheckpoint } from '#main/workers/runtime/checkpoint-store.ts';
import { encodeClip } from '#main/workers/runtime/encode-clip.ts';
import { openTokenizer } from '#main/workers/runtime/load-checkpoint.ts';
import type { WorkerContext } from '#main/workers/runtime/serve-worker.ts';
import { encodeClips } from '#main/workers/train/encode-clips.ts';
import { openRun } from '#main/workers/train/run.ts';
import { evalOptions } from '#shared/contract/evaluation.ts';
import type { EvalSpec, TrainSpec, WorkerResult } from '#shared/contract/workers.ts';
import {
  checkpointFiles,
  createWorkspace,
  curves,
  start,
  type Observed,
  type Workspace,
} from './training-fixture.ts';

let workspace: Workspace;
/** What an uninterrupted run reports, and the weights it ends with. */
let whole: { curves: Map<string, number>; observed: Observed; weights: Buffer; best: number };

const train = (spec: TrainSpec, onCheckpoint?: Parameters<typeof start>[2]) =>
  start({ kind: 'train', spec }, workspace.folder, onCheckpoint);

async function finalWeights({ runFolder }: TrainSpec): Promise<Buffer> {
  const stage = join(runFolder, 'checkpoints', 'gpt');
  const last = (await readdir(stage)).toSorted().at(-1)!;
  return readFile(join(stage, last, 'weights.safetensors'));
}

beforeAll(async () => {
  workspace = await createWorkspace();
  const worker = train(workspace.spec);
  const result = await worker.result;
  const { observed } = worker;
  const valLosses = observed.points.filter((point) => point.stage === 'gpt' && point.name === 'loss/val');
  const best = Math.min(...valLosses.map(({ value }) => value));
  whole = { curves: curves(observed), observed, weights: await finalWeights(workspace.spec), best };
  expect(result).toEqual({ kind: 'train', valLossBefore: valLosses[0]!.value, valLossBest: best });
});
afterAll(() => workspace.remove());

test('a run goes through its phases, learns, and evaluates after every epoch', () => {
  const { phases, points } = whole.observed;
  expect([...phases]).toEqual(['decode', 'train-tokenizer', 'encode', 'train-gpt']);
  // 5 clips, batches of 2 and 4: 4 epochs are 10 steps, 6 epochs are 8.
  const steps = (stage: string, name: string) =>
    points.filter((point) => point.stage === stage && point.name === name).map((point) => point.step);
  expect(steps('tokenizer', 'loss/train')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(steps('tokenizer', 'loss/val')).toEqual([0, 3, 5, 8, 10]);
  expect(steps('tokenizer', 'psnr/val')).toEqual([0, 3, 5, 8, 10]);
  expect(steps('gpt', 'loss/val')).toEqual([0, 2, 3, 4, 5, 7, 8]);
  for (const name of ['lr', 'grad-norm', 'clips-per-second', 'gflops', 'idle-share']) {
    expect(steps('gpt', name)).toHaveLength(8);
  }
  expect(steps('gpt', 'caption-loss/train').length).toBeGreaterThan(0);
  expect(steps('gpt', 'caption-loss/val')).toHaveLength(7);
  expect(steps('gpt', 'condition-loss/train').length).toBeGreaterThan(0);
  expect(steps('gpt', 'inbetween-loss/val')).toHaveLength(7);
  const value = (key: string) => whole.curves.get(key)!;
  expect(value('tokenizer loss/val 10')).toBeLessThan(value('tokenizer loss/val 0'));
  expect(value('gpt loss/val 8')).toBeLessThan(value('gpt loss/val 0'));
  // Before training the GPT can only guess among 1,000 codes.
  expect(value('gpt loss/val 0')).toBeCloseTo(Math.log(1000), 0);
});

test('what the GPT reads of a clip is what the tokenizer made of it', async () => {
  const { spec } = workspace;
  const { signal } = new AbortController();
  const context = { signal, progress: () => {}, did: () => {} } as unknown as WorkerContext;
  const run = await openRun(spec, context);
  const checkpoint = (await bestCheckpoint(run.checkpoints, 'tokenizer', () => {}))!;
  const tokenizer = openTokenizer(checkpoint, spec);
  const codes = await encodeClips(run, checkpoint);
  for (const [record, clip] of [...run.train, ...run.val].entries())
    expect(await codes.read(record)).toEqual(await encodeClip(tokenizer, await run.windows.read(clip)));
  await codes.close();
  await tokenizer.dispose();
});

test('checkpoints: the best, the last and one more are kept', async () => {
  const folder = join(workspace.spec.runFolder, 'checkpoints', 'gpt');
  const names = await readdir(folder);
  expect(names.length).toBeLessThanOrEqual(3);
  const { files, ...manifest } = JSON.parse(
    await readFile(join(folder, names.toSorted().at(-1)!, 'manifest.json'), 'utf8'),
  );
  expect(Object.keys(files).toSorted()).toEqual([
    'curves.json',
    'optimizer.safetensors',
    'text.json',
    'weights.safetensors',
  ]);
  expect(manifest).toMatchObject({ stage: 'gpt', step: 8, epoch: 6, cursor: { epoch: 6, clip: 2 } });
});

test.each([
  ['tokenizer', 4],
  ['gpt', 4],
])(
  'cancelled in the %s stage and resumed, a run reports the same losses and ends with the same weights',
  async (stage, step) => {
    const spec = workspace.newRun(`cancelled-${stage}`);
    const first = train(spec, (checkpoint, worker) => {
      if (checkpoint.stage === stage && checkpoint.step === step) worker.cancel();
    });
    await expect(first.result).rejects.toMatchObject({ code: 'cancelled' });
    const last = first.observed.checkpoints.at(-1)!;
    expect(last.stage).toBe(stage);
    expect(last.step).toBeLessThan(stage === 'gpt' ? 8 : 10);

    const second = train(spec);
    await second.result;
    // Nothing is trained twice: the resumed run begins right after the checkpoint of the cancelled one.
    const resumedAt = second.observed.points.find((point) => point.name === 'clips-per-second')!;
    expect(resumedAt).toMatchObject({ stage, step: last.step + 1 });
    expect(curves(first.observed, second.observed)).toEqual(whole.curves);
    expect((await finalWeights(spec)).equals(whole.weights)).toBe(true);
  },
);

test.each([
  ['a file cut short', (folder: string) => truncate(join(folder, 'optimizer.safetensors'), 100)],
  ['a flipped bit', (folder: string) => flipBit(join(folder, 'weights.safetensors'))],
  ['a missing file', (folder: string) => rm(join(folder, 'text.json'))],
  ['a manifest that is none', (folder: string) => writeFile(join(folder, 'manifest.json'), '{}')],
])(
  'a checkpoint with %s is passed over with a notice: training goes on from the one before it, to the same end',
  async (what, damage) => {
    const spec = workspace.newRun(`damaged by ${what}`);
    await cp(workspace.spec.runFolder, spec.runFolder, { recursive: true });
    const newest = join(spec.runFolder, 'checkpoints', 'gpt', '000000008');
    await damage(newest);
    const worker = train(spec);
    await worker.result;
    const { points, notices } = worker.observed;
    expect(points.some((point) => point.stage === 'gpt' && point.step === 8)).toBe(true);
    expect(notices).toMatchObject([{ code: 'checkpoint-damaged', params: { path: newest } }]);
    expect(await checkpointFiles(spec.runFolder)).toEqual(await checkpointFiles(workspace.spec.runFolder));
    expect(await readFile(join(workspace.folder, 'worker.log'), 'utf8')).toContain(`${newest} is damaged`);
  },
);

test('a run that goes on with other threads says that its bits are no longer promised', async () => {
  const spec = workspace.newRun('threads');
  await cp(workspace.spec.runFolder, spec.runFolder, { recursive: true });
  await rm(join(spec.runFolder, 'checkpoints', 'gpt', '000000008'), { recursive: true });
  const worker = train({ ...spec, threads: 1 });
  await worker.result;
  expect(worker.observed.notices).toMatchObject([
    {
      code: 'not-bit-exact',
      params: { before: expect.stringContaining('cpu × 2'), now: expect.stringContaining('cpu × 1') },
    },
  ]);
});

test('a loss that is no number ends the run with the step, and leaves the checkpoints as they are', async () => {
  const spec = workspace.newRun('diverged');
  const checkpoints = join(spec.runFolder, 'checkpoints');
  await cp(workspace.spec.runFolder, spec.runFolder, { recursive: true });
  const { manifest, files } = await readCheckpoint(checkpoints, 'gpt', 7);
  const { tensors } = readSafetensors(files.get('weights.safetensors')!);
  for (const { data } of tensors.values()) (data as Float32Array).fill(3e38);
  await rm(join(checkpoints, 'gpt'), { recursive: true });
  await writeCheckpoint(
    checkpoints,
    manifest,
    new Map([...files, ['weights.safetensors', writeSafetensors(tensors)]]),
  );
  await expect(train(spec).result).rejects.toMatchObject({ code: 'loss-not-finite', params: { step: 8 } });
  expect(await readdir(join(checkpoints, 'gpt'))).toEqual(['000000007']);
});

test('the best checkpoint is evaluated on a split, and a run without checkpoints says what is missing', async () => {
  const { device, threads, tools, cacheFolder, snapshotPath, runFolder } = workspace.spec;
  const spec: EvalSpec = {
    ...{ device, threads, tools, cacheFolder, snapshotPath, runFolder },
    ...evalOptions.parse({ quick: true }),
    runId: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    split: 'val',
  };
  const worker = start({ kind: 'eval', spec }, workspace.folder);
  const { report } = (await worker.result) as Extract<WorkerResult, { kind: 'eval' }>;
  expect(report).toMatchObject({ runId: spec.runId, split: 'val', clips: 2 });
  expect(report.perplexity).toBeCloseTo(Math.exp(report.tokenLoss));
  // The checkpoint, the masks and the clips are those of the evaluation in training.
  expect(report.tokenLoss).toBeCloseTo(whole.best, 5);
  expect(report.bitsPerPixel).toBeCloseTo((8 * report.tokenLoss) / Math.LN2 / (5 * 16 * 16), 9);
  expect(report.bitsPerPixelUncaptioned).toBeGreaterThan(0);
  expect(report.bitsPerPixelUncaptioned).not.toBe(report.bitsPerPixel);
  expect(report.captionLoss).toBeGreaterThan(0);
  expect(report.inbetweenLoss).toBeGreaterThan(0);
  expect(report.retrieval).toMatchObject({ candidates: 2, total: { top5: 1 }, lift: { top5: 1 } });
  expect(report.temporalPsnr).toBeGreaterThan(0);
  expect([...worker.observed.phases]).toEqual(['reconstruct', 'predict', 'retrieve']);
  expect(report.psnr).toBeGreaterThan(0);
  expect(report.ssim).toBeGreaterThan(-1);
  expect(report.ssim).toBeLessThan(1);
  expect(report.codebookUse).toBeGreaterThan(0);
  expect(report.codebookUse).toBeLessThanOrEqual(16 / 1000);

  const one = await start({ kind: 'eval', spec: { ...spec, clips: 1 } }, workspace.folder).result;
  expect(one).toMatchObject({ report: { clips: 1, retrieval: null } });

  const nowhere = { ...spec, runFolder: workspace.newRun('never-trained').runFolder };
  const failed = start({ kind: 'eval', spec: nowhere }, workspace.folder);
  await expect(failed.result).rejects.toMatchObject({ code: 'checkpoint-missing' });
});

async function flipBit(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(path, bytes);
}
