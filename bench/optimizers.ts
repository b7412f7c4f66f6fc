/**
 * Optimizers at equal time: the default GPT on the tokens of a folder of clips, held-out loss after as many steps as each can
 * make in the time that it is given: node bench/optimizers.ts FOLDER [seconds] [kind …]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BytePairEncoding } from '#main/ml/text/byte-pair-encoding.ts';
import { bestCheckpoint } from '#main/workers/runtime/checkpoint-store.ts';
import { encodeClips } from '#main/workers/train/encode-clips.ts';
import { gptStage } from '#main/workers/train/gpt-stage.ts';
import type { TrainingRun } from '#main/workers/train/run.ts';
import { tokenizerStage } from '#main/workers/train/tokenizer-stage.ts';
import { trainStage } from '#main/workers/train/train-stage.ts';
import { optimizerKinds, type OptimizerKind } from '#shared/domain/optimizer-config.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';
import { epochsFor, openBenchRun } from './bench-run.ts';

const TOKENIZER_EPOCHS = 12;
/** Steps that tell how long one takes, evaluations and checkpoints included. */
const TRIAL_STEPS = 24;
const [clipFolder, seconds = '60', ...kinds] = process.argv.slice(2);
if (clipFolder === undefined)
  throw new Error('Give a folder of clips, e.g. what scripts/fetch-emoji.ts fetched');

const folder = await mkdtemp(join(tmpdir(), 'optimizers-'));
try {
  const settings = { tokenizer: { epochs: TOKENIZER_EPOCHS } };
  const config = () => trainingConfig.parse(settings);
  const run = await openBenchRun({ folder, clipFolder, threads: 2, config });
  await trainStage(tokenizerStage(run), run, null);
  const tokenizer = (await bestCheckpoint(run.checkpoints, 'tokenizer', console.error))!;
  const codes = await encodeClips(run, tokenizer);
  const captions = run.train.map(({ caption }) => caption);
  const textEncoding = BytePairEncoding.train(captions, run.spec.config.gpt.model.textVocabulary);

  const train = async (kind: OptimizerKind, steps: number) => {
    const epochs = epochsFor(steps, run.spec.config.gpt.batch, run.train.length);
    const config = trainingConfig.parse({ ...settings, gpt: { epochs, optimizer: { kind } } });
    const own: TrainingRun = {
      ...run,
      spec: { ...run.spec, config },
      checkpoints: join(folder, `${kind}-${steps}`),
    };
    const inputs = { codes, tokenizerStep: tokenizer.manifest.step, textEncoding, features: null };
    const start = performance.now();
    const { valLossBefore, valLossBest } = await trainStage(gptStage(own, inputs), own, null);
    return { epochs, took: (performance.now() - start) / 1000, valLossBefore, valLossBest };
  };

  console.log(`${run.train.length} clips to train on, ${run.val.length} held out, ${seconds} s each`);
  for (const kind of optimizerKinds) {
    if (kinds.length > 0 && !kinds.includes(kind)) continue;
    const trial = await train(kind, TRIAL_STEPS);
    const steps = Math.round((TRIAL_STEPS * Number(seconds)) / trial.took);
    const { epochs, took, valLossBefore, valLossBest } = await train(kind, steps);
    console.log(
      `${kind.padEnd(5)}  ${epochs} epochs in ${took.toFixed()} s: held-out loss ${valLossBefore?.toFixed(3)} → ${valLossBest?.toFixed(3)}`,
    );
  }
  await codes.close();
} finally {
  await rm(folder, { recursive: true });
}
