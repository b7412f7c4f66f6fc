/** The training worker: decodes the clips of a snapshot, trains the tokenizer, turns clips into tokens, trains the GPT. */
import { workOf, type Work } from '#main/ml/forecast/work.ts';
import { BytePairEncoding } from '#main/ml/text/byte-pair-encoding.ts';
import type { TrainingStage } from '#shared/contract/training.ts';
import { breathe } from './runtime/breathe.ts';
import {
  bestCheckpoint,
  newestCheckpoint,
  newestStep,
  readCheckpoint,
  type Checkpoint,
} from './runtime/checkpoint-store.ts';
import { requireDevice } from './runtime/devices.ts';
import { readTextEncoding } from './runtime/load-checkpoint.ts';
import { serveWorker } from './runtime/serve-worker.ts';
import { loadBaseModel } from './train/base-model.ts';
import { captionFeatures, type CaptionFeatures } from './train/caption-features.ts';
import { encodeClips } from './train/encode-clips.ts';
import { gptStage } from './train/gpt-stage.ts';
import { openRun, type TrainingRun } from './train/run.ts';
import { tokenizerStage } from './train/tokenizer-stage.ts';
import { trainStage } from './train/train-stage.ts';

serveWorker('train', async (spec, context) => {
  await requireDevice(spec.device);
  const run = await openRun(spec, context);
  context.plan(await planOf(run));

  // A GPT that has begun stays with the tokenizer and the text encoding that it began with.
  const begun = await newest(run, 'gpt');
  const base =
    begun || spec.initFrom === null ? null : await loadBaseModel(spec.initFrom, spec.config, context.notice);
  if (!begun) {
    await decodeClips(run);
    const stage = tokenizerStage(run, base?.tokenizerWeights ?? null);
    await trainStage(stage, run, await newest(run, 'tokenizer'));
  }
  const tokenizer = await tokenizerFor(run, begun);
  const { step: tokenizerStep } = tokenizer.manifest;
  const { textFeatures } = spec.config.gpt.model;
  const codes = await encodeClips(run, tokenizer);
  let features: CaptionFeatures | null = null;
  try {
    if (textFeatures > 0) features = await captionFeatures(run, textFeatures);
    const textEncoding = begun ? readTextEncoding(begun) : (base?.textEncoding ?? learnTextEncoding(run));
    const startWeights = base?.gptWeights ?? null;
    const stage = gptStage(run, { codes, tokenizerStep, textEncoding, features, startWeights });
    const { valLossBefore, valLossBest } = await trainStage(stage, run, begun);
    return { valLossBefore, valLossBest };
  } finally {
    await features?.close();
    await codes.close();
  }
});

function learnTextEncoding({ train, spec }: TrainingRun): BytePairEncoding {
  const captions = train.map(({ caption }) => caption);
  return BytePairEncoding.train(captions, spec.config.gpt.model.textVocabulary);
}

/** What is still to be done, and what a dry run found that it costs. */
async function planOf({ spec, train, val, windows, checkpoints }: TrainingRun): Promise<Work[]> {
  const undecoded = await windows.missing([...train, ...val]);
  const gpt = await newestStep(checkpoints, 'gpt');
  const tokenizer = gpt === undefined ? await newestStep(checkpoints, 'tokenizer') : Infinity;
  const done = { ...(tokenizer === undefined ? {} : { tokenizer }), ...(gpt === undefined ? {} : { gpt }) };
  const clips = { train: train.length, val: val.length, undecoded };
  return workOf(spec.config, clips, spec.costs ?? null, done);
}

const newest = ({ checkpoints, context }: TrainingRun, stage: TrainingStage) =>
  newestCheckpoint(checkpoints, stage, context.notice);

/** Decodes every clip into the cache, so that a file that cannot be read is found before hours of training. */
async function decodeClips({ train, val, windows, context }: TrainingRun): Promise<void> {
  const clips = [...train, ...val];
  for (const [done, clip] of clips.entries()) {
    context.progress('decode', done, clips.length);
    await windows.ensure(clip, context.signal);
    context.did('decode');
    await breathe(context.signal);
  }
  context.progress('decode', clips.length, clips.length);
}

async function tokenizerFor(run: TrainingRun, begun: Checkpoint | null): Promise<Checkpoint> {
  const step = begun?.manifest.tokenizerStep;
  if (step != null) return readCheckpoint(run.checkpoints, 'tokenizer', step);
  // Training leaves at least the checkpoint of its start.
  return (await bestCheckpoint(run.checkpoints, 'tokenizer', run.context.notice))!;
}
