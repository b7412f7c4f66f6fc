/** Runs that start from another, by adapters and whole, with averages and other optimizers: exact on resume, refused where senseless. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gptParameters } from '#main/ml/gpt/parameters.ts';
import { readSafetensors } from '#main/ml/format/safetensors.ts';
import { evaluateGpt, gptEvaluations } from '#main/workers/runtime/evaluate-gpt.ts';
import { loadModel, type LoadedModel } from '#main/workers/runtime/load-checkpoint.ts';
import { LossSessions } from '#main/workers/runtime/loss-sessions.ts';
import { evalOptions, type EvalReport } from '#shared/contract/evaluation.ts';
import type { ModelOrigin } from '#main/workers/runtime/trained-model.ts';
import type { EvalSpec, TrainSpec, WorkerResult } from '#shared/contract/workers.ts';
import { trainingConfig, type TrainingConfig } from '#shared/domain/training-config.ts';
import { checkpointFiles, createWorkspace, start, tinyConfig, type Workspace } from './training-fixture.ts';

const noDamage = (error: Error): never => {
  throw error;
};

let workspace: Workspace;
/** Folder of the run that the others start from. */
let base: string;

const train = (spec: TrainSpec, onCheckpoint?: Parameters<typeof start>[2]) =>
  start({ kind: 'train', spec }, workspace.folder, onCheckpoint);

function specOf(name: string, gpt: object, rest: object = {}): TrainSpec {
  const config = trainingConfig.parse({
    ...tinyConfig,
    initFrom: base,
    tokenizer: { ...tinyConfig.tokenizer, epochs: 0 },
    ...rest,
    gpt: { ...tinyConfig.gpt, ...gpt },
  });
  return { ...workspace.newRun(name), initFrom: config.initFrom, config };
}

const tensorsOf = async (runFolder: string, step: string, file: string) =>
  readSafetensors(await readFile(join(runFolder, 'checkpoints', 'gpt', step, file))).tensors;

beforeAll(async () => {
  workspace = await createWorkspace();
  base = workspace.spec.runFolder;
  await train(workspace.spec).result;
});
afterAll(() => workspace.remove());

const lora = { rank: 2, alpha: 4 };
const cases: Record<string, object> = {
  adapters: { lora, optimizer: { ema: 0.5 } },
  'the whole model by Muon, averaged': { optimizer: { kind: 'muon', ema: 0.8, schedule: 'wsd' } },
  'the whole model by Lion': { optimizer: { kind: 'lion', schedule: 'constant' } },
};

test.each(Object.entries(cases))(
  '%s: starts at what the base run learned, and stopped half-way ends with the same bytes',
  async (name, gpt) => {
    const whole = specOf(`${name} whole`, gpt);
    const worker = train(whole);
    await worker.result;
    const losses = worker.observed.points.filter(
      (point) => point.stage === 'gpt' && point.name === 'loss/val',
    );
    const ofBase = await loadModel(base, workspace.spec, noDamage);
    expect(losses[0]!.value).toBeCloseTo(ofBase.valLoss!, 5);
    expect(losses.at(-1)!.value).not.toBe(losses[0]!.value);

    const cut = { ...whole, runFolder: workspace.newRun(`${name} cut`).runFolder };
    const first = train(cut, ({ stage, step }, process) => {
      if (stage === 'gpt' && step === 3) process.kill();
    });
    await expect(first.result).rejects.toMatchObject({ code: 'worker-killed' });
    await train(cut).result;
    expect(await checkpointFiles(cut.runFolder)).toEqual(await checkpointFiles(whole.runFolder));
  },
);

test('a decoder that learns alone keeps the encoder, and with it the meaning of tokens', async () => {
  const spec = specOf(
    'decoder',
    { epochs: 0 },
    { tokenizer: { ...tinyConfig.tokenizer, part: 'decoder', epochs: 3 } },
  );
  await train(spec).result;
  const tokenizerOf = async (runFolder: string) => {
    const folder = join(runFolder, 'checkpoints', 'tokenizer');
    const [last] = (await readdir(folder)).toSorted().reverse() as [string];
    return readSafetensors(await readFile(join(folder, last, 'weights.safetensors'))).tensors;
  };
  const [before, after] = [await tokenizerOf(base), await tokenizerOf(spec.runFolder)];
  for (const [name, { data }] of after) {
    const same = expect(data, name);
    if (name.startsWith('encoder.')) same.toEqual(before.get(name)!.data);
    else same.not.toEqual(before.get(name)!.data);
  }
});

test('a run by adapters keeps the base as it was, holds state for them alone, and is used merged', async () => {
  const spec = specOf('merged', { lora, epochs: 12, optimizer: { learningRate: 0.02 } });
  await train(spec).result;
  const steps = await readdir(join(spec.runFolder, 'checkpoints', 'gpt'));
  const [last] = steps.toSorted().reverse() as [string];
  const weights = await tensorsOf(spec.runFolder, last, 'weights.safetensors');
  const start = await loadModel(base, workspace.spec, noDamage);
  const model = gptParameters(start.gptShape);
  for (const { name } of model.specs) expect(weights.get(name)!.data).toEqual(start.gptWeights.get(name));
  const state = await tensorsOf(spec.runFolder, last, 'optimizer.safetensors');
  expect(state.size).toBeGreaterThan(0);
  expect([...state.keys()].every((key) => /^[mv]\/adapter\.[ab]\//.test(key))).toBe(true);

  const merged = await loadModel(spec.runFolder, spec, noDamage);
  expect(merged.gptWeights.get('block.0.attention.qkv')).not.toEqual(
    start.gptWeights.get('block.0.attention.qkv'),
  );
  expect(merged.gptWeights.get('head.video')).toEqual(start.gptWeights.get('head.video'));
  // What the evaluation of the merged model finds is what training, with model and adapters apart, found.
  expect((await evaluate(spec)).tokenLoss).toBeCloseTo(merged.valLoss!, 5);
});

/** What the evaluation worker says of a run, on the held-out clips. */
async function evaluate(run: TrainSpec): Promise<EvalReport> {
  const { device, threads, tools, cacheFolder, snapshotPath, runFolder } = run;
  const spec: EvalSpec = {
    ...{ device, threads, tools, cacheFolder, snapshotPath, runFolder },
    ...evalOptions.parse({ quick: true }),
    runId: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    split: 'val',
  };
  const result = await start({ kind: 'eval', spec }, workspace.folder).result;
  return (result as Extract<WorkerResult, { kind: 'eval' }>).report;
}

test('averaged weights are what is evaluated and used; the trained ones go on in the state of the optimizer', async () => {
  const spec = specOf('averaged', { optimizer: { ema: 0.9 } });
  await train(spec).result;
  const folder = join(spec.runFolder, 'checkpoints', 'gpt');
  const [last] = (await readdir(folder)).toSorted().reverse() as [string];
  const used = await tensorsOf(spec.runFolder, last, 'weights.safetensors');
  const state = await tensorsOf(spec.runFolder, last, 'optimizer.safetensors');
  expect(used.get('head.video')!.data).not.toEqual(state.get('trained/head.video')!.data);
  const model = await loadModel(spec.runFolder, spec, noDamage);
  const { checkpoint } = model.origin as Extract<ModelOrigin, { checkpoint: unknown }>;
  const best = String(checkpoint.step).padStart(9, '0');
  const bestWeights = await tensorsOf(spec.runFolder, best, 'weights.safetensors');
  expect(model.gptWeights.get('head.video')).toEqual(bestWeights.get('head.video')!.data);
});

test('a model that reads sentence features learns its projection, ends the same when cut, and starts from its like only', async () => {
  const model = { ...tinyConfig.gpt.model, textFeatures: 384 };
  const settings = { model, wordsDropout: 0.5, epochs: 3 };
  const whole = specOf('features whole', settings, { initFrom: null, keepCheckpoints: 9 });
  await train(whole).result;
  const before = await tensorsOf(whole.runFolder, '000000000', 'weights.safetensors');
  const trained = await loadModel(whole.runFolder, whole, noDamage);
  const projection = trained.gptWeights.get('embedding.feature');
  expect(projection).toHaveLength(384 * model.width);
  expect(projection).not.toEqual(before.get('embedding.feature')?.data);
  // The evaluation worker reads what training read; and what is read counts.
  expect((await evaluate(whole)).tokenLoss).toBeCloseTo(trained.valLoss!, 5);
  const losses = await Promise.all(['', 'an airplane', 'a turtle'].map((text) => lossUnder(trained, text)));
  expect(new Set(losses).size).toBe(3);
  await trained.prompts.dispose();

  const cut = { ...whole, runFolder: workspace.newRun('features cut').runFolder };
  const first = train(cut, ({ stage, step }, process) => {
    if (stage === 'gpt' && step === 2) process.kill();
  });
  await expect(first.result).rejects.toMatchObject({ code: 'worker-killed' });
  await train(cut).result;
  expect(await checkpointFiles(cut.runFolder)).toEqual(await checkpointFiles(whole.runFolder));

  await expect(train(specOf('features from none', { model })).result).rejects.toMatchObject({
    code: 'invalid-input',
    params: { field: 'gpt.model', problem: expect.stringContaining('"textFeatures":384') as string },
  });
});

/** Loss of some tokens without words, under the sentence feature of `text` alone. */
async function lossUnder({ gptShape, gptWeights, prompts }: LoadedModel, text: string): Promise<number> {
  const sessions = await LossSessions.open(gptEvaluations(gptShape, 1, 'cpu'), gptWeights, workspace.spec);
  const { feature } = await prompts.read(text);
  const example = { ...(await prompts.read('')), feature, tokens: new Int32Array(gptShape.videoTokens) };
  const { tokenLoss } = await evaluateGpt(
    (graph, feeds) => sessions.run(graph, feeds),
    [[example]],
    gptShape,
    1,
  );
  await sessions.dispose();
  return tokenLoss;
}

test('what cannot go on or start says why', async () => {
  const resumed = specOf('the whole model by Lion whole', { optimizer: { kind: 'sgd' } });
  const more = { ...resumed, config: { ...resumed.config, gpt: { ...resumed.config.gpt, epochs: 9 } } };
  await expect(train(more).result).rejects.toMatchObject({
    code: 'optimizer-changed',
    params: { before: 'lion', after: 'sgd' },
  });

  const model = { ...tinyConfig.gpt.model, width: 64 };
  await expect(train(specOf('another model', { model })).result).rejects.toMatchObject({
    code: 'invalid-input',
    params: { field: 'gpt.model' },
  });

  const nowhere = { ...specOf('nothing to start from', {}), initFrom: join(workspace.folder, 'nowhere') };
  await expect(train(nowhere).result).rejects.toMatchObject({ code: 'base-not-trained' });
});

test.each<[string, (config: TrainingConfig) => object]>([
  ['gpt.lora', ({ gpt }) => ({ initFrom: null, gpt: { ...gpt, lora: {} } })],
  ['gpt.lora.rank', ({ gpt }) => ({ initFrom: 'run', gpt: { ...gpt, lora: { rank: 33 } } })],
  ['gpt.lora.targets', ({ gpt }) => ({ initFrom: 'run', gpt: { ...gpt, lora: { targets: [] } } })],
  ['gpt.optimizer.ema', ({ gpt }) => ({ gpt: { ...gpt, optimizer: { ema: 1 } } })],
  ['gpt.optimizer.kind', ({ gpt }) => ({ gpt: { ...gpt, optimizer: { kind: 'adagrad' } } })],
  ['gpt.optimizer', ({ gpt }) => ({ gpt: { ...gpt, optimizer: { lerningRate: 0.1 } } })],
])('a setting that is not valid is named: %s', (field, settings) => {
  const parsed = trainingConfig.safeParse({ ...tinyConfig, ...settings(tinyConfig) });
  expect(parsed.error?.issues[0]!.path.join('.')).toBe(field);
});
