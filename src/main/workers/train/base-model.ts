/** The trained run that a new one starts from: its weights, its tokenizer and its text encoding, without which they mean nothing. */
import { gptShape } from '#main/ml/gpt/shape.ts';
import type { Weights } from '#main/ml/nn/parameters.ts';
import type { BytePairEncoding } from '#main/ml/text/byte-pair-encoding.ts';
import { tokenizerParameters } from '#main/ml/tokenizer/model.ts';
import { tokenizerShape } from '#main/ml/tokenizer/shape.ts';
import { requireSameModel } from '#shared/domain/same-model.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';
import { AppError } from '#shared/errors/app-error.ts';
import {
  bestCheckpoint,
  checkpointsFolder,
  readCheckpoint,
  type ReportDamage,
} from '../runtime/checkpoint-store.ts';
import { readGptWeights, readTextEncoding } from '../runtime/load-checkpoint.ts';
import { readWeights } from '../runtime/trainer-state.ts';

export interface BaseModel {
  tokenizerWeights: Weights;
  gptWeights: Weights;
  textEncoding: BytePairEncoding;
}

/**
 * Reads the best checkpoint of the run in `runFolder`. Throws AppError `base-not-trained` when there is none, `checkpoint-damaged`,
 * and `invalid-input`, naming the settings, when its model is not the one that `config` describes.
 */
export async function loadBaseModel(
  runFolder: string,
  config: TrainingConfig,
  report: ReportDamage,
): Promise<BaseModel> {
  const checkpoints = checkpointsFolder(runFolder);
  const gpt = await bestCheckpoint(checkpoints, 'gpt', report);
  if (gpt?.manifest.tokenizerStep == null) throw new AppError('base-not-trained', { path: runFolder });
  requireSameModel(gpt.manifest.config, config);
  const tokenizer = await readCheckpoint(checkpoints, 'tokenizer', gpt.manifest.tokenizerStep);
  const textEncoding = readTextEncoding(gpt);
  const { window } = config;
  const shape = gptShape(config.gpt.model, config.tokenizer.model, window, textEncoding.vocabulary);
  return {
    tokenizerWeights: readWeights(
      tokenizer,
      tokenizerParameters(tokenizerShape(config.tokenizer.model, window)),
    ),
    gptWeights: readGptWeights(gpt, shape),
    textEncoding,
  };
}
