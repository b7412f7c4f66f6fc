/** What all sides sample: a model with weights as if trained, a prompt, and settings under which nothing is drawn by chance. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gptParameters } from '#main/ml/gpt/parameters.ts';
import type { GptShape } from '#main/ml/gpt/shape.ts';
import { specialToken } from '#main/ml/text/vocabulary.ts';
import { sampling, type Sampling } from '#shared/contract/generation.ts';
import { Random } from '#shared/domain/random.ts';
import { randomExample } from '../default-gpt.ts';
import { readTensors, writeTensors } from './tensor-file.ts';

/** The contents of task.json. */
export interface SamplingTask {
  kind: 'gpt';
  shape: GptShape;
  threads: number;
  sampling: Sampling;
  /** With the prompt, and without. */
  text: number[][];
}

export function writeSamplingTask(folder: string, shape: GptShape, threads: number): void {
  const random = Random.seeded(1);
  const prompt = [...randomExample(shape, random).text];
  const none = prompt.map((_, i) => (i === 0 ? specialToken.empty : specialToken.pad));
  const task: SamplingTask = {
    kind: 'gpt',
    shape,
    threads,
    sampling: sampling.parse({ temperature: 0 }),
    text: [prompt, none],
  };
  writeFileSync(join(folder, 'task.json'), JSON.stringify(task));
  const { specs } = gptParameters(shape);
  writeTensors(
    join(folder, 'weights.safetensors'),
    specs.map((spec) => [spec.name, spec.shape, asIfTrained(spec.shape, random)]),
  );
}

export function readSamplingTask(folder: string) {
  const task = JSON.parse(readFileSync(join(folder, 'task.json'), 'utf8')) as SamplingTask;
  const weights = new Map(
    [...readTensors(join(folder, 'weights.safetensors'))].map(([name, data]) => [name, data as Float32Array]),
  );
  return { task, weights };
}

/** At the start of training blocks pass on what they get and all masks look alike: here each weight matters. */
function asIfTrained(shape: readonly number[], random: Random): Float32Array {
  const [rows, columns = 0] = shape;
  const values = new Float32Array(rows! * (columns || 1));
  if (columns === 0) return values.fill(1);
  return values.map(() => random.normal() * rows! ** -0.5);
}
