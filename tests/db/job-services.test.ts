/** What the services write down of what workers report, in a real database. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Contract } from '#shared/contract/index.ts';
import { sampling, type Take } from '#shared/contract/generation.ts';
import type { ImportFileResult } from '#shared/contract/workers.ts';
import type { TakeTask } from '#shared/contract/take-task.ts';
import { trainingConfig, type TrainingConfig } from '#shared/domain/training-config.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { createEventHub } from '#shared/rpc/event-hub.ts';
import type { EngineContext } from '#main/engine/context.ts';
import { openDatabase } from '#main/engine/db/open-database.ts';
import { findClip, listClips } from '#main/engine/db/repositories/clips.ts';
import { countImportItems, listImportProblems } from '#main/engine/db/repositories/import-items.ts';
import * as jobs from '#main/engine/db/repositories/jobs.ts';
import { listMetrics } from '#main/engine/db/repositories/metrics.ts';
import { findRun, insertRun } from '#main/engine/db/repositories/runs.ts';
import { readSettings, writeSettings } from '#main/engine/db/repositories/settings.ts';
import { findTake, insertTake } from '#main/engine/db/repositories/takes.ts';
import { newId } from '#main/engine/ids.ts';
import { shippedModel } from '#main/engine/services/base-model.ts';
import { createCompute } from '#main/engine/services/compute.ts';
import { generateJob } from '#main/engine/services/generate-job.ts';
import { importJob } from '#main/engine/services/import-job.ts';
import { locateTask, planTask } from '#main/engine/services/take-task.ts';
import { trainJob } from '#main/engine/services/train-job.ts';
import { openWorkspace } from '#main/engine/workspace.ts';
import { importedAsset } from '../fixtures/imported-asset.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

let context: EngineContext;

beforeEach(() => {
  const workspace = openWorkspace(temporaryFolder());
  const database = openDatabase(workspace.database);
  onTestFinished(async () => {
    await database.close();
    workspace.release();
  });
  const baseModel = shippedModel(join(workspace.root, 'no-base-model'));
  context = { workspace, db: database.db, events: createEventHub<Contract>(), baseModel };
});

async function addJob(kind: jobs.JobRow['kind'], request: unknown): Promise<jobs.JobRow> {
  const id = newId();
  await jobs.insertJob(context.db, { id, kind, title: kind, request, createdAt: Date.now() });
  return (await jobs.findJob(context.db, id))!;
}

describe('import', () => {
  async function importing() {
    const service = importJob(context, createCompute(context.db));
    const job = await addJob('import', { paths: ['/clips'] });
    const report = (file: ImportFileResult) => service.events.file!(job, file);
    return { service, job, report };
  }
  const listAll = () => listClips(context.db, { query: '', sort: 'oldest', offset: 0, limit: 100 });

  test('each file becomes clips or an entry of the report', async () => {
    const { job, report } = await importing();
    await report({ outcome: 'imported', asset: importedAsset('/clips/cat.mp4', { caption: 'a cat' }) });
    await report({ outcome: 'duplicate', path: '/clips/again.mp4', contentHash: 'unknown' });
    const reason = new AppError('file-empty', { path: '/clips/empty.mp4' }).toWire();
    await report({ outcome: 'failed', path: '/clips/empty.mp4', reason });
    expect((await listAll()).clips).toMatchObject([{ name: 'cat.mp4', caption: 'a cat', hasAudio: true }]);
    expect(await countImportItems(context.db, job.id)).toEqual({
      imported: 1,
      duplicate: 1,
      skipped: 0,
      failed: 1,
    });
    expect(await listImportProblems(context.db, job.id, 10)).toMatchObject([
      { path: '/clips/empty.mp4', outcome: 'failed', reason: { code: 'file-empty' } },
      { path: '/clips/again.mp4', outcome: 'duplicate', reason: { code: 'file-duplicate' } },
    ]);
  });

  test('a second attempt reports what the first imported as imported, and stores it once', async () => {
    const { job, report } = await importing();
    const asset = importedAsset('/clips/cat.mp4');
    await report({ outcome: 'imported', asset });
    await report({ outcome: 'imported', asset });
    await report({ outcome: 'duplicate', path: asset.path, contentHash: asset.contentHash });
    expect((await listAll()).total).toBe(1);
    expect(await countImportItems(context.db, job.id)).toMatchObject({ imported: 1, duplicate: 0 });
  });

  test('at its end, clips that look alike are one group, however the import ended', async () => {
    const { service, job, report } = await importing();
    const first = importedAsset('/clips/a.mp4');
    const alike = importedAsset('/clips/b.mp4');
    alike.clips = alike.clips.map((clip) => ({
      ...clip,
      perceptualHashes: first.clips[0]!.perceptualHashes,
    }));
    for (const asset of [first, alike, importedAsset('/clips/c.mp4')])
      await report({ outcome: 'imported', asset });
    const groups = async () => (await listAll()).clips.map((clip) => clip.groupId);
    expect(new Set(await groups()).size).toBe(3);
    await service.statusChanged!(job, 'interrupted');
    const [a, b, c] = await groups();
    expect(a).toBe(b);
    expect(c).not.toBe(a);
  });
});

describe('training and generation', () => {
  async function addRun() {
    const { db } = context;
    const [runId, snapshotId] = [newId(), newId()];
    await db
      .insertInto('snapshots')
      .values({ id: snapshotId, name: 'S', created_at: 1, seed: 1, ratio: '{}', parts: '[]', hash: 'h' })
      .execute();
    const job = await addJob('train', { runId });
    const config = trainingConfig.parse({});
    await insertRun(db, {
      id: runId,
      name: 'R',
      snapshotId,
      jobId: job.id,
      createdAt: 1,
      config,
      base: null,
    });
    return { runId, job, service: trainJob(context, createCompute(db), { measured: async () => undefined }) };
  }

  test('curves and checkpoints are kept; a step that is trained again replaces its point', async () => {
    const { runId, job, service } = await addRun();
    const told: number[] = [];
    context.events.subscribe('training.metrics', ({ points }) => told.push(points.length));
    const point = { stage: 'gpt', step: 1, epoch: 0.5, name: 'loss/train', value: 3 } as const;
    await service.events.metrics!(job, { points: [point, { ...point, step: 2, value: 2 }] });
    await service.events.metrics!(job, { points: [{ ...point, step: 2, value: 1.5 }] });
    expect((await listMetrics(context.db, runId)).map(({ step, value }) => [step, value])).toEqual([
      [1, 3],
      [2, 1.5],
    ]);
    expect(told).toEqual([2, 1]);

    expect(await findRun(context.db, runId)).toMatchObject({
      canGenerate: false,
      valLossBefore: null,
      valLossBest: null,
    });
    await service.events.checkpoint!(job, { stage: 'tokenizer', step: 9, valLoss: 0.1, best: true });
    expect(await findRun(context.db, runId)).toMatchObject({ canGenerate: false, valLossBest: null });
    await service.events.checkpoint!(job, { stage: 'gpt', step: 0, valLoss: 6.9, best: true });
    await service.events.checkpoint!(job, { stage: 'gpt', step: 10, valLoss: 4, best: true });
    await service.events.checkpoint!(job, { stage: 'gpt', step: 20, valLoss: 5, best: false });
    expect(await findRun(context.db, runId)).toMatchObject({
      canGenerate: true,
      valLossBefore: 6.9,
      valLossBest: 4,
    });
  });

  test('takes follow their job: frames, video, and how they ended', async () => {
    const { runId } = await addRun();
    const service = generateJob(context, createCompute(context.db));
    const job = await addJob('generate', {});
    const [first, second] = [1, 2].map((seed): Take => ({
      id: newId(),
      runId,
      model: null,
      jobId: job.id,
      prompt: 'a cat',
      task: { kind: 'generate' },
      sampling: sampling.parse({ seed }),
      createdAt: 1,
      status: 'running',
      framesDone: 0,
      frameCount: 17,
      width: 64,
      height: 64,
      frameRate: 8,
      hasVideo: false,
    })) as [Take, Take];
    for (const take of [first, second]) await insertTake(context.db, take);
    const told: Take[] = [];
    context.events.subscribe('generation.take', (changed) => told.push(changed));
    await service.events.frames!(job, { take: 1, done: 5, total: 17, width: 64, height: 64 });
    expect(await findTake(context.db, first.id)).toEqual(first);
    expect(await findTake(context.db, second.id)).toEqual({ ...second, framesDone: 5 });

    expect(await service.finish(job, { kind: 'generate', frames: 5, stopped: true })).toBe('stopped');
    await service.statusChanged!(job, 'cancelled');
    for (const { id } of [first, second])
      expect(await findTake(context.db, id)).toMatchObject({ status: 'stopped', hasVideo: false });

    mkdirSync(join(context.workspace.takes, second.id));
    writeFileSync(join(context.workspace.takes, second.id, 'take.mp4'), 'video');
    expect(await service.finish(job, { kind: 'generate', frames: 17, stopped: false })).toBe('complete');
    await service.statusChanged!(job, 'done');
    expect(told.at(-1)).toEqual({ ...second, framesDone: 17, status: 'done', hasVideo: true });
    expect(await findTake(context.db, second.id)).toEqual(told.at(-1));
    expect(await findTake(context.db, first.id)).toMatchObject({ framesDone: 17, hasVideo: false });
  });
});

describe('what a take is made from', () => {
  const config = trainingConfig.parse({});
  const plan = (task: TakeTask, changes: Partial<TrainingConfig> = {}) =>
    planTask(context, task, { ...config, ...changes });

  async function addClip(): Promise<string> {
    const job = await addJob('import', { paths: ['/clips'] });
    const service = importJob(context, createCompute(context.db));
    await service.events.file!(job, { outcome: 'imported', asset: importedAsset('/clips/cat.mp4') });
    const { clips } = await listClips(context.db, { query: '', sort: 'oldest', offset: 0, limit: 1 });
    return clips[0]!.id;
  }

  test('a clip that is extended gets longer by whole latent frames, and keeps its pace', async () => {
    const clipId = await addClip();
    const { start, end } = (await findClip(context.db, clipId))!;
    expect(await plan({ kind: 'generate' })).toEqual({ frameCount: 17, seconds: null });
    expect(await plan({ kind: 'extend', clipId })).toEqual({ frameCount: 25, seconds: end - start });
    expect(await plan({ kind: 'extend', clipId, frames: 9 })).toMatchObject({ frameCount: 29 });
  });

  test('clips that are gone, masks of nothing or everything, and untrained tasks are refused', async () => {
    const clipId = await addClip();
    const inpaint = (width: number): TakeTask => ({
      kind: 'inpaint',
      clipId,
      region: { x: 0, y: 0, width, height: 1 },
    });
    expect(await plan(inpaint(0.5))).toMatchObject({ frameCount: 17 });
    await expect(plan(inpaint(0))).rejects.toMatchObject({ code: 'mask-empty' });
    await expect(plan(inpaint(0.9))).rejects.toMatchObject({ code: 'mask-whole' });
    await expect(plan({ kind: 'extend', clipId: newId() })).rejects.toMatchObject({ code: 'not-found' });
    const still = { window: { ...config.window, frames: 1 } };
    const untrained = { code: 'task-not-trained' };
    await expect(plan({ kind: 'extend', clipId }, still)).rejects.toMatchObject(untrained);
    await expect(plan({ kind: 'loop' }, still)).rejects.toMatchObject(untrained);
    const unconditioned = { gpt: { ...config.gpt, conditionShare: 0 } };
    await expect(plan({ kind: 'loop' }, unconditioned)).rejects.toMatchObject(untrained);
    expect(await plan({ kind: 'loop' })).toMatchObject({ frameCount: 17 });
  });

  test('pictures are files and moments: the first and last that a model sees of a clip', async () => {
    const clipId = await addClip();
    const { path, start, end } = (await findClip(context.db, clipId))!;
    const task: TakeTask = {
      kind: 'inbetween',
      first: { from: 'clip', clipId, at: 'last' },
      last: { from: 'file', path: '/pictures/end.png' },
    };
    const located = await locateTask(context, task, { frameCount: 17, window: config.window });
    expect(located).toMatchObject({ first: { path }, last: { path: '/pictures/end.png', time: 0 } });
    if (located.kind !== 'inbetween') throw new Error(located.kind);
    expect(located.first.time).toBeCloseTo(end - (end - start) / 34, 9);
    const gone: TakeTask = { kind: 'loop', first: { from: 'take', takeId: newId(), frame: 0 } };
    await expect(plan(gone)).rejects.toMatchObject({ code: 'not-found' });
  });
});

test('settings have defaults, keep what is set, and outlive a value that is no longer valid', async () => {
  const { db } = context;
  const defaults = await readSettings(db);
  expect(defaults).toMatchObject({ device: 'cpu', theme: 'system' });
  await writeSettings(db, { theme: 'dark', threads: 2 });
  expect(await readSettings(db)).toEqual({ ...defaults, theme: 'dark', threads: 2 });
  await db.updateTable('settings').set({ value: '"sepia"' }).where('key', '=', 'theme').execute();
  expect(await readSettings(db)).toEqual({ ...defaults, threads: 2 });
});
