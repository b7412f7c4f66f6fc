/** A run's folder with checkpoints of random weights, for what only needs some model. */
import { join } from 'node:path';
import { gptParameters } from '#main/ml/gpt/parameters.ts';
import { gptShape } from '#main/ml/gpt/shape.ts';
import type { ParameterSet } from '#main/ml/nn/parameters.ts';
import { BytePairEncoding } from '#main/ml/text/byte-pair-encoding.ts';
import { tokenizerParameters } from '#main/ml/tokenizer/model.ts';
import { tokenizerShape } from '#main/ml/tokenizer/shape.ts';
import { checkpointsFolder, writeCheckpoint } from '#main/workers/runtime/checkpoint-store.ts';
import type { FileContents } from '#main/workers/runtime/write-folder.ts';
import { TEXT_ENCODING_FILE } from '#main/workers/runtime/load-checkpoint.ts';
import { writeTrainerState } from '#main/workers/runtime/trainer-state.ts';
import { initialState } from '#main/workers/runtime/trainer.ts';
import type { TrainingStage } from '#shared/contract/training.ts';
import { trainingConfig, type GptConfig, type TrainingConfig } from '#shared/domain/training-config.ts';

/** Windows are 9 frames of 16×16: 3 latent frames of 2×2 tokens. */
export function untrainedConfig(order: GptConfig['order'], textFeatures = 0): TrainingConfig {
  return trainingConfig.parse({
    window: { frames: 9, size: 16 },
    tokenizer: { model: { width: 32, heads: 2, depth: 1 } },
    gpt: {
      model: { order, width: 32, heads: 2, depth: 1, textLength: 8, textVocabulary: 300, textFeatures },
    },
  });
}

/** Returns the run's folder. */
export async function untrainedRun(
  folder: string,
  order: GptConfig['order'],
  textFeatures = 0,
): Promise<string> {
  const runFolder = join(folder, `run-${order}`);
  const encoding = BytePairEncoding.train(['a turtle walks', 'a turtle sleeps'], 300);
  const config = untrainedConfig(order, textFeatures);
  const save = (stage: TrainingStage, parameters: ParameterSet, files: [string, Uint8Array][]) => {
    const { optimizer } = config[stage];
    return writeCheckpoint(
      checkpointsFolder(runFolder),
      {
        stage,
        step: 1,
        epoch: 1,
        config,
        snapshot: { id: 'snapshot', hash: 'hash' },
        cursor: { epoch: 1, clip: 0 },
        random: [1, 2, 3, 4],
        metrics: { valLossBefore: null, valLossBest: 1, valPoints: [] },
        valLoss: 1,
        tokenizerStep: stage === 'gpt' ? 1 : null,
      },
      new Map<string, FileContents>([
        ...writeTrainerState(initialState(parameters, optimizer, 1), parameters, optimizer),
        ...files,
      ]),
    );
  };
  const shape = gptShape(config.gpt.model, config.tokenizer.model, config.window, encoding.vocabulary);
  await save('tokenizer', tokenizerParameters(tokenizerShape(config.tokenizer.model, config.window)), []);
  await save('gpt', gptParameters(shape), [
    [TEXT_ENCODING_FILE, new TextEncoder().encode(JSON.stringify(encoding.toJson()))],
  ]);
  return runFolder;
}
