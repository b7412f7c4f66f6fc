/** What all sides train: model, start weights, batches, optimizer and learning rates, written to a folder for each to read. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateFeeds } from '#main/ml/gpt/batches.ts';
import { gptShape, type GptShape } from '#main/ml/gpt/shape.ts';
import { gptTask } from '#main/ml/gpt/training-task.ts';
import type { TensorData } from '#main/ml/onnx/dtype.ts';
import type { ParameterSet } from '#main/ml/nn/parameters.ts';
import { learningRateAt } from '#main/ml/optim/schedule.ts';
import { toPatches } from '#main/ml/tokenizer/patches.ts';
import { tokenizerShape, type TokenizerShape } from '#main/ml/tokenizer/shape.ts';
import { reconstructionTask } from '#main/ml/tokenizer/training.ts';
import type { Task } from '#main/ml/training/gradient-graph.ts';
import type { OptimizerConfig } from '#shared/domain/optimizer-config.ts';
import { trainingConfig, type GptConfig } from '#shared/domain/training-config.ts';
import { Random } from '#shared/domain/random.ts';
import { randomExample } from '../default-gpt.ts';
import { readTensors, writeTensors } from './tensor-file.ts';

const BATCHES = 10;
/** Length of the schedule, so that ten steps pass both warm-up and cosine. */
const SCHEDULE_STEPS = 40;

export const gptNames = ['3m', '11m', '30m'] as const;
export type GptName = (typeof gptNames)[number];
export const modelNames = [...gptNames, 'tokenizer'] as const;
export type ModelName = (typeof modelNames)[number];

/** Six layers of width 384 are the reference of the design. */
const gptSizes: Record<GptName, Pick<GptConfig, 'width' | 'heads' | 'depth'>> = {
  '3m': { width: 192, heads: 3, depth: 6 },
  '11m': { width: 384, heads: 6, depth: 6 },
  '30m': { width: 512, heads: 8, depth: 9 },
};

export type BenchModel = { kind: 'gpt'; shape: GptShape } | { kind: 'tokenizer'; shape: TokenizerShape };

/** The contents of task.json. */
export type BenchTask = BenchModel & {
  /** Clips a micro-batch and a step. */
  clips: number;
  batches: number;
  threads: number;
  optimizer: OptimizerConfig;
  /** Learning rate of each update; the last stays. */
  rates: number[];
};

type Batch = Record<string, TensorData>;

export function benchModel(name: ModelName, order: GptConfig['order']): BenchModel {
  if (name !== 'tokenizer') return { kind: 'gpt', shape: benchGpt(name, order) };
  const { tokenizer, window } = trainingConfig.parse({});
  return { kind: 'tokenizer', shape: tokenizerShape(tokenizer.model, window) };
}

export function benchGpt(name: GptName, order: GptConfig['order']): GptShape {
  const { gpt, tokenizer, window } = trainingConfig.parse({});
  const model = { ...gpt.model, ...gptSizes[name], order };
  return gptShape(model, tokenizer.model, window, model.textVocabulary);
}

/** For `buildGradientGraph`; without dropout, whose masks no two libraries draw alike. */
export function trainingTask(model: BenchModel, clips: number): Task {
  return model.kind === 'gpt'
    ? gptTask('generate', model.shape, { batch: clips })
    : reconstructionTask(model.shape, { microBatch: clips, lowering: 'cpu' });
}

export function writeTask(folder: string, model: BenchModel, threads: number): BenchTask {
  const { gpt, tokenizer } = trainingConfig.parse({});
  const { optimizer, microBatch: clips } = model.kind === 'gpt' ? gpt : tokenizer;
  const steps = Array.from({ length: SCHEDULE_STEPS }, (_, step) => step);
  const rates = steps.map((step) => learningRateAt(optimizer, step, SCHEDULE_STEPS));
  const task: BenchTask = { ...model, clips, batches: BATCHES, threads, optimizer, rates };
  writeFileSync(join(folder, 'task.json'), JSON.stringify(task));

  const { parameters, inputs } = trainingTask(model, clips);
  const weights = parameters.initialise(1);
  writeTensors(
    join(folder, 'weights.safetensors'),
    parameters.specs.map(({ name, shape }) => [name, shape, weights.get(name)!]),
  );
  const random = Random.seeded(1);
  const batches = Array.from({ length: BATCHES }, () => makeBatch(model, clips, random));
  writeTensors(
    join(folder, 'batches.safetensors'),
    batches.flatMap((batch, i) =>
      Object.entries(batch).map(([name, data]) => [`${i}/${name}`, inputs[name]!.shape, data] as const),
    ),
  );
  return task;
}

/** Task, start weights and batches, as any side reads them. */
export function readTask(folder: string) {
  const task = JSON.parse(readFileSync(join(folder, 'task.json'), 'utf8')) as BenchTask;
  const batches: Batch[] = Array.from({ length: task.batches }, () => ({}));
  for (const [name, data] of readTensors(join(folder, 'batches.safetensors'))) {
    const [index, key] = name.split('/') as [string, string];
    batches[Number(index)]![key] = data;
  }
  const weights = new Map(
    [...readTensors(join(folder, 'weights.safetensors'))].map(([name, data]) => [name, data as Float32Array]),
  );
  return { task, weights, batches };
}

export const parametersOf = (model: BenchModel): ParameterSet => trainingTask(model, 1).parameters;

function makeBatch(model: BenchModel, clips: number, random: Random): Batch {
  const each = <T>(make: () => T) => Array.from({ length: clips }, make);
  if (model.kind === 'tokenizer') {
    const { first, later } = toPatches(
      each(() => movingWaves(model.shape, random)),
      model.shape,
    );
    return { first, later };
  }
  const examples = each(() => randomExample(model.shape, random));
  return generateFeeds(examples, model.shape, { batch: clips, random });
}

/** A window of coloured waves, uint8 RGB: something to be learned, unlike noise. */
function movingWaves({ frames, size }: TokenizerShape, random: Random): Uint8Array {
  const waves = Array.from({ length: 3 }, () => Array.from({ length: 4 }, () => 0.5 * random.normal())) as [
    number,
    number,
    number,
    number,
  ][];
  return Uint8Array.from({ length: frames * size * size * 3 }, (_, i) => {
    const [t, y, x, c] = [
      Math.floor(i / (size * size * 3)),
      Math.floor(i / (size * 3)) % size,
      Math.floor(i / 3) % size,
      i % 3,
    ];
    const [a, b, d, e] = waves[c]!;
    return 127.5 * (1 + Math.sin(a * t + (b * y) / 3 + (d * x) / 3 + 6 * e));
  });
}
