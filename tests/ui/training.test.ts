import { expect, test, vi } from 'vitest';
import type { SettingChange } from '#shared/contract/forecast.ts';
import type { MetricPoint } from '#shared/contract/training.ts';
import { requireSameModel } from '#shared/domain/same-model.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';
import { lossColumns } from '../../src/renderer/src/features/training/curves.ts';
import { phaseOf, phaseStates } from '../../src/renderer/src/features/training/phases.ts';
import {
  applyChanges,
  applyPreset,
  configOf,
  draftOf,
  chooseOptimizer,
  presetOf,
  settingWords,
  startFrom,
} from '../../src/renderer/src/features/training/run-settings.ts';
import { JobsState } from '../../src/renderer/src/state/jobs.svelte.ts';
import { TrainingState } from '../../src/renderer/src/state/training.svelte.ts';
import { startEngine } from './engine-in-memory.ts';
import { sampleId, sampleJob, sampleRun } from './samples.ts';

const point = (step: number, name: string, value: number): MetricPoint => ({
  stage: 'gpt',
  step,
  epoch: 0,
  name,
  value,
});

test('an untouched form gives the defaults of the engine', () => {
  expect(configOf(draftOf())).toEqual(trainingConfig.parse({}));
  expect(presetOf(draftOf())).toBe('balanced');
});

test('presets change the epochs, and epochs typed in are no preset', () => {
  const draft = draftOf();
  applyPreset(draft, 'quick');
  expect(presetOf(draft)).toBe('quick');
  draft.gpt.epochs = 1;
  expect(presetOf(draft)).toBeUndefined();
  expect(configOf(draft).gpt.epochs).toBe(1);
});

test('another optimizer brings its rate, and what suits it is left to the engine', () => {
  const draft = draftOf();
  chooseOptimizer(draft, 'gpt', 'lion');
  draft.gpt.schedule = 'wsd';
  draft.gpt.average = true;
  const { optimizer } = configOf(draft).gpt;
  expect(optimizer).toEqual(
    trainingConfig.parse({ gpt: { optimizer: { kind: 'lion', schedule: 'wsd', ema: 0.99 } } }).gpt.optimizer,
  );
});

test('a run that starts from a model has its settings and its tokenizer, and only then may train adapters alone', () => {
  const draft = draftOf();
  applyPreset(draft, 'quick');
  const config = trainingConfig.parse({
    window: { frames: 9, size: 32 },
    tokenizer: { model: { levels: [8, 6, 5], width: 96, heads: 2 } },
    gpt: { model: { width: 120, heads: 2, depth: 3, order: 'raster', textVocabulary: 4096 } },
  });
  startFrom(draft, { id: 'base', config });
  draft.gpt.adapters = true;
  draft.gpt.rank = 4;
  const started = configOf(draft);
  expect(started).toMatchObject({
    initFrom: 'base',
    window: config.window,
    tokenizer: { epochs: 0, model: config.tokenizer.model },
    gpt: { epochs: 12, model: config.gpt.model, lora: { rank: 4, alpha: 8 } },
  });
  expect(() => requireSameModel(config, started)).not.toThrow();
  // A preset is still one, without epochs of the tokenizer.
  expect(presetOf(draft)).toBe('quick');
  applyPreset(draft, 'thorough');
  expect(configOf(draft).tokenizer.epochs).toBe(0);

  startFrom(draft, undefined);
  expect(presetOf(draft)).toBe('thorough');
  applyPreset(draft, 'balanced');
  expect(configOf(draft)).toEqual(trainingConfig.parse({}));
});

test('every batch is a whole number of micro-batches', () => {
  const draft = draftOf();
  draft.gpt.batch = 6;
  expect(configOf(draft).gpt).toMatchObject({ batch: 6, microBatch: 3 });
});

test('what a forecast proposes is taken over, and called as the form calls it', () => {
  const draft = draftOf();
  const changes: SettingChange[] = [
    { setting: 'gpt.microBatch', from: 4, to: 2 },
    { setting: 'tokenizer.model.width', from: 192, to: 64 },
    { setting: 'keepCheckpoints', from: 1, to: 0 },
  ];
  applyChanges(draft, changes);
  const config = configOf(draft);
  expect(config.gpt.microBatch).toBe(2);
  expect(config.tokenizer.model).toMatchObject({ width: 64, heads: 1 });
  expect(config.keepCheckpoints).toBe(0);
  expect(changes.map(({ setting }) => settingWords(setting))).toEqual([
    'GPT: Clips a pass',
    'Tokenizer: Width',
    'Checkpoints kept',
  ]);
});

test('knows the phase by the names that workers use', () => {
  const progress = { jobId: sampleId(1), done: 1, total: 2, rate: 0, secondsLeft: null, share: null };
  expect(phaseOf({ ...progress, phase: 'train-gpt' })).toBe('gpt');
  expect(phaseOf({ ...progress, phase: 'decode' })).toBe('decode');
  expect(phaseOf(null)).toBeUndefined();
  expect(phaseStates(false, 'encode')).toEqual(['done', 'done', 'current', 'ahead']);
  expect(phaseStates(true, undefined)).toEqual(['done', 'done', 'done', 'done']);
});

test('joins training and held-out loss by step; after a resume the later value counts', () => {
  const columns = lossColumns(
    [
      point(1, 'loss/train', 4),
      point(2, 'loss/train', 3),
      point(2, 'loss/val', 3.5),
      point(2, 'loss/train', 2),
      { ...point(1, 'loss/train', 9), stage: 'tokenizer' },
    ],
    'gpt',
  );
  expect(columns.steps).toEqual([1, 2]);
  expect(columns.train).toEqual([4, 2]);
  expect(columns.val).toEqual([null, 3.5]);
  expect(columns.smooth[0]).toBeCloseTo(4);
  expect(columns.smooth[1]).toBeCloseTo((0.9 * 0.1 * 4 + 0.1 * 2) / (1 - 0.9 ** 2));
});

test('follows runs and their curves, and fetches the report when an evaluation is done', async () => {
  const report = {
    runId: sampleId(1),
    split: 'test' as const,
    clips: 4,
    tokenLoss: 3,
    perplexity: 20,
    bitsPerPixel: 0.0199,
    bitsPerPixelUncaptioned: 0.0212,
    inbetweenLoss: null,
    loopLoss: null,
    captionLoss: null,
    retrieval: null,
    psnr: 20,
    ssim: 0.8,
    temporalPsnr: 22,
    codebookUse: 0.5,
    takes: null,
  };
  let runs = [sampleRun(1), sampleRun(2)];
  const { connection, events } = await startEngine({
    'jobs.list': () => ({ jobs: [] }),
    'training.listRuns': () => ({ runs }),
    'training.getRun': ({ runId }) => runs.find(({ id }) => id === runId)!,
    'training.metrics': () => ({ points: [point(1, 'loss/train', 4)] }),
    'training.evaluate': () => sampleJob(50, { kind: 'eval' }),
    'training.evalReport': () => report,
  });
  const jobs = new JobsState(connection);
  const training = new TrainingState(connection, jobs);
  await vi.waitFor(() => expect(training.runs.map(({ name }) => name)).toEqual(['Run 2', 'Run 1']));
  expect(training.trained).toEqual([]);

  runs = runs.map((run) => ({ ...run, canGenerate: true }));
  events.emit('training.changed', { runId: sampleId(1) });
  await vi.waitFor(() => expect(training.trained.map(({ name }) => name)).toEqual(['Run 1']));

  await training.loadPoints(sampleId(1));
  events.emit('training.metrics', { runId: sampleId(1), points: [point(2, 'loss/train', 3)] });
  await vi.waitFor(() => expect(training.points(sampleId(1))).toHaveLength(2));

  await training.evaluate(sampleId(1), 'test');
  expect(training.isEvaluating(sampleId(1))).toBe(true);
  events.emit('jobs.changed', sampleJob(50, { kind: 'eval', status: 'done' }));
  await vi.waitFor(() => expect(training.report(sampleId(1))).toEqual(report));
  expect(training.isEvaluating(sampleId(1))).toBe(false);
});
