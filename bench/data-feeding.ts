/**
 * How much of its time training spends outside of graphs, with the default settings on real clips:
 * node bench/data-feeding.ts [threads] [folder of clips, e.g. from scripts/fetch-emoji.ts; default: tests/fixtures/clips]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BytePairEncoding } from '#main/ml/text/byte-pair-encoding.ts';
import { bestCheckpoint } from '#main/workers/runtime/checkpoint-store.ts';
import { encodeClips } from '#main/workers/train/encode-clips.ts';
import { gptStage } from '#main/workers/train/gpt-stage.ts';
import type { TrainingRun } from '#main/workers/train/run.ts';
import type { Stage } from '#main/workers/train/stage.ts';
import { tokenizerStage } from '#main/workers/train/tokenizer-stage.ts';
import { trainStage } from '#main/workers/train/train-stage.ts';
import type { MetricPoint } from '#shared/contract/training.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';
import { epochsFor, openBenchRun } from './bench-run.ts';

/** Steps a stage: some are for the machine to warm up, and every epoch ends with an evaluation and a checkpoint. */
const STEPS = 30;
const [threads = '2', clipFolder = fileURLToPath(new URL('../tests/fixtures/clips', import.meta.url))] =
  process.argv.slice(2);

const folder = await mkdtemp(join(tmpdir(), 'feeding-'));
const points: MetricPoint[] = [];
try {
  const run = await openBenchRun({
    folder,
    clipFolder,
    threads: Number(threads),
    config: (train) => {
      const config = trainingConfig.parse({});
      for (const stage of [config.tokenizer, config.gpt]) stage.epochs = epochsFor(STEPS, stage.batch, train);
      return config;
    },
  });
  console.log(`${run.train.length} clips to train on, ${run.val.length} held out, ${threads} threads`);
  await measure(tokenizerStage(run), run);
  const tokenizer = (await bestCheckpoint(run.checkpoints, 'tokenizer', console.error))!;
  const codes = await encodeClips(run, tokenizer);
  const captions = run.train.map(({ caption }) => caption);
  const textEncoding = BytePairEncoding.train(captions, run.spec.config.gpt.model.textVocabulary);
  const inputs = { codes, tokenizerStep: tokenizer.manifest.step, textEncoding, features: null };
  await measure(gptStage(run, inputs), run);
  await codes.close();
} finally {
  await rm(folder, { recursive: true });
}

/** Shares are those that training itself reports: from the end of one step to the end of the next, with what lies between. */
async function measure(stage: Stage, run: TrainingRun): Promise<void> {
  points.length = 0;
  const emit: TrainingRun['context']['emit'] = (name, payload) => {
    if (name === 'metrics') points.push(...(payload as { points: MetricPoint[] }).points);
  };
  await trainStage(stage, { ...run, context: { ...run.context, emit } }, null);
  // The first holds what comes before the first step.
  const [, ...shares] = points.filter(({ name }) => name === 'idle-share').map(({ value }) => value);
  const rates = points.filter(({ name }) => name === 'clips-per-second').map(({ value }) => value);
  console.log(
    `${stage.name.padEnd(9)}  ${shares.length} steps of ${((1000 * stage.settings.batch) / median(rates)).toFixed()} ms: ` +
      `idle ${percent(median(shares))} of a step, ${percent(mean(shares))} with a checkpoint after every epoch`,
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
