/**
 * The dry run: the very graphs of a run, on the device that it would use, with a few of its clips. The GPT gets tokens drawn
 * at random and empty sentence features, because no tokenizer is trained yet and the time of a step does not depend on values.
 */
import type { RunCosts } from '#shared/contract/forecast.ts';
import type { ClipSource, ForecastSpec } from '#shared/contract/workers.ts';
import { median } from '#shared/domain/median.ts';
import { Random } from '#shared/domain/random.ts';
import { microBatchFor } from '#shared/domain/stage-counts.ts';
import { conditionShareOf, type TrainingConfig } from '#shared/domain/training-config.ts';
import { BytePairEncoding } from '#main/ml/text/byte-pair-encoding.ts';
import { codebookSize } from '#main/ml/tokenizer/fsq.ts';
import { tokenizerShape } from '#main/ml/tokenizer/shape.ts';
import { breathe } from '../runtime/breathe.ts';
import { newestCheckpoint } from '../runtime/checkpoint-store.ts';
import { encodeClip } from '../runtime/encode-clip.ts';
import { openTokenizer } from '../runtime/load-checkpoint.ts';
import type { WorkerContext } from '../runtime/serve-worker.ts';
import type { ClipCodes } from '../train/encode-clips.ts';
import { gptStage } from '../train/gpt-stage.ts';
import { openRun, type TrainingRun } from '../train/run.ts';
import { tokenizerStage } from '../train/tokenizer-stage.ts';
import { measureStage, MOST_ROUNDS, peakMemoryBytes, repeated } from './measure-stage.ts';
import { timed } from './stopwatch.ts';

/** Clips that are decoded for the dry run; they stay in the cache. */
const SAMPLE_CLIPS = 8;
/** Passes of an evaluation that are measured. */
const EVALUATION_PASSES = 2;
/** What is shown as progress: clips, then rounds of the stages; where there is less to do it jumps ahead. */
const PROGRESS = {
  tokenizer: SAMPLE_CLIPS,
  gpt: SAMPLE_CLIPS + MOST_ROUNDS,
  all: SAMPLE_CLIPS + 2 * MOST_ROUNDS,
};

/** @param start seconds the process took until it began to work */
export async function measureRun(
  spec: ForecastSpec,
  context: WorkerContext,
  start: number,
): Promise<RunCosts> {
  const progress = (done: number) => context.progress('measure', done, PROGRESS.all);
  const counter = (from: number) => {
    progress(from);
    return () => progress(++from);
  };
  const run = await openRun({ ...spec, initFrom: null }, context);
  const all = [...run.train, ...run.val];
  const idleMemoryBytes = peakMemoryBytes();

  const undecodedBefore = await run.windows.missing(all);
  const decoded = await decodeSample(run, all, counter(0));
  const undecoded = await run.windows.missing(all);

  const { config } = spec;
  const tokenizerRun = fewClips(run, decoded.clips, EVALUATION_PASSES);
  const tokenizer = await measureStage(() => tokenizerStage(tokenizerRun), tokenizerRun, {
    evaluationBatch: 1,
    evaluated: run.val.length,
    tasks: ['reconstruct'],
    onRound: counter(PROGRESS.tokenizer),
  });

  const encoding = await measureEncoding(tokenizerRun, decoded.clips);

  const gptBatch = microBatchFor(config.gpt.batch, config.gpt.microBatch);
  const gptRun = fewClips(run, decoded.clips, EVALUATION_PASSES * gptBatch);
  const codes = drawnCodes(run);
  const feature = new Float32Array(config.gpt.model.textFeatures);
  const features = feature.length > 0 ? { read: async () => feature } : null;
  const textEncoding = learnedText(run);
  const buildGpt = () => gptStage(gptRun, { codes, tokenizerStep: 0, textEncoding, features });
  const gpt = await measureStage(buildGpt, gptRun, {
    evaluationBatch: gptBatch,
    evaluated: run.val.length,
    tasks: gptTasks(config),
    onRound: counter(PROGRESS.gpt),
  });
  progress(PROGRESS.all);

  return {
    clips: {
      train: run.train.length,
      val: run.val.length,
      undecoded,
      captioned: run.train.filter(({ caption }) => caption !== '').length / run.train.length,
    },
    start,
    decodeClip: undecodedBefore > 0 ? decoded.decodeClip : decoded.readClip,
    readClip: decoded.readClip,
    ...encoding,
    tokenizer,
    gpt,
    idleMemoryBytes,
  };
}

/** Clips spread evenly over all, decoded and then read back. */
async function decodeSample(
  run: TrainingRun,
  all: readonly ClipSource[],
  onClip: () => void,
): Promise<{ clips: ClipSource[]; decodeClip: number; readClip: number }> {
  const count = Math.min(SAMPLE_CLIPS, all.length);
  const clips = Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]!);
  const read = async (clip: ClipSource) => {
    const { seconds } = await timed(() => run.windows.read(clip, run.context.signal));
    await breathe(run.context.signal);
    return seconds;
  };
  const decoding: number[] = [];
  const reading: number[] = [];
  for (const clip of clips) {
    if ((await run.windows.missing([clip])) > 0) decoding.push(await read(clip));
    reading.push(await read(clip));
    onClip();
  }
  const readClip = median(reading);
  // Clips differ in length, so the sum of all is told by their mean; the first one also starts ffmpeg from a cold disk.
  const warm = decoding.length > 1 ? decoding.slice(1) : decoding;
  const decodeClip = warm.reduce((sum, seconds) => sum + seconds, 0) / Math.max(1, warm.length);
  return { clips, decodeClip: Math.max(decodeClip, readClip), readClip };
}

/** The run with only these clips to train on, and as many held-out ones as it really has, or `most`. */
function fewClips(run: TrainingRun, clips: readonly ClipSource[], most: number): TrainingRun {
  return { ...run, train: clips, val: repeated(clips, Math.min(most, run.val.length)) };
}

/** The tokenizer as its stage left it in the scratch folder, opened and used as the run does it. */
async function measureEncoding(
  run: TrainingRun,
  clips: readonly ClipSource[],
): Promise<{ openEncoder: number; encodeClip: number }> {
  const encode = async (tokenizer: ReturnType<typeof openTokenizer>, clip: ClipSource) => {
    const { seconds } = await timed(async () => encodeClip(tokenizer, await run.windows.read(clip)));
    await breathe(run.context.signal);
    return seconds;
  };
  const { seconds: opening, result: tokenizer } = await timed(async () => {
    const checkpoint = await newestCheckpoint(run.checkpoints, 'tokenizer', run.context.notice);
    return openTokenizer(checkpoint!, run.spec);
  });
  try {
    const first = await encode(tokenizer, clips[0]!);
    const times: number[] = [];
    for (const clip of repeated(clips, Math.max(3, clips.length))) times.push(await encode(tokenizer, clip));
    return { openEncoder: opening + first, encodeClip: median(times) };
  } finally {
    await tokenizer.dispose();
  }
}

/** Kinds of micro-batches that the settings ask for. */
function gptTasks(config: TrainingConfig): string[] {
  return [
    'generate',
    ...(config.gpt.captionShare > 0 ? ['caption'] : []),
    ...(conditionShareOf(config) > 0 ? ['conditioned'] : []),
  ];
}

/** Codes of the right shape, whichever clip is asked for; every other clip closes its loop. */
function drawnCodes(run: TrainingRun): ClipCodes {
  const { tokenizer, window, seed } = run.spec.config;
  const shape = tokenizerShape(tokenizer.model, window);
  const codes = codebookSize(shape.levels);
  const random = Random.seeded(seed, 'drawn tokens');
  const drawn = (length: number) => Int32Array.from({ length }, () => random.integer(codes));
  return {
    read: async (record) => ({
      tokens_THW: drawn(shape.tokens),
      lastPicture: drawn(shape.frameTokens),
      closesLoop: record % 2 === 0,
    }),
  };
}

function learnedText({ train, spec }: TrainingRun): BytePairEncoding {
  const captions = train.map(({ caption }) => caption);
  return BytePairEncoding.train(captions, spec.config.gpt.model.textVocabulary);
}
