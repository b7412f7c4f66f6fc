/**
 * The one reader of a run's checkpoints, for everything that uses a trained model: the GPT's weights with the text encoding,
 * the tokenizer they were trained with, and the settings of both.
 */
import { gptParameters } from '#main/ml/gpt/parameters.ts';
import { gptShape, type GptShape } from '#main/ml/gpt/shape.ts';
import type { CheckpointManifest } from '#main/ml/format/manifest.ts';
import { mergeAdapters, withAdapters } from '#main/ml/nn/lora.ts';
import type { Weights } from '#main/ml/nn/parameters.ts';
import { BytePairEncoding } from '#main/ml/text/byte-pair-encoding.ts';
import { tokenizerParameters } from '#main/ml/tokenizer/model.ts';
import { tokenizerShape } from '#main/ml/tokenizer/shape.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';
import { AppError } from '#shared/errors/app-error.ts';
import {
  bestCheckpoint,
  checkpointsFolder,
  readCheckpoint,
  type Checkpoint,
  type ReportDamage,
} from './checkpoint-store.ts';
import type { Compute } from './session.ts';
import { readWeights } from './trainer-state.ts';
import { VideoTokenizer } from './video-tokenizer.ts';

/** File of a GPT checkpoint that holds the merges of its text encoding. */
export const TEXT_ENCODING_FILE = 'text.json';

export interface LoadedModel {
  readonly config: TrainingConfig;
  readonly manifest: CheckpointManifest;
  readonly tokenizer: VideoTokenizer;
  readonly textEncoding: BytePairEncoding;
  readonly gptShape: GptShape;
  readonly gptWeights: Weights;
}

/**
 * Reads the best checkpoint of the run's GPT. Throws AppError `checkpoint-missing` when the run has none
 * yet, `checkpoint-damaged` when all of them are.
 */
export async function loadModel(
  runFolder: string,
  compute: Compute,
  report: ReportDamage,
): Promise<LoadedModel> {
  const checkpoints = checkpointsFolder(runFolder);
  const gpt = await bestCheckpoint(checkpoints, 'gpt', report);
  if (!gpt || gpt.manifest.tokenizerStep === null) throw new AppError('checkpoint-missing');
  const { manifest } = gpt;
  const { config } = manifest;
  const tokenizer = await readCheckpoint(checkpoints, 'tokenizer', gpt.manifest.tokenizerStep);
  const textEncoding = readTextEncoding(gpt);
  const shape = gptShape(config.gpt.model, config.tokenizer.model, config.window, textEncoding.vocabulary);
  return {
    config,
    manifest,
    tokenizer: openTokenizer(tokenizer, compute),
    textEncoding,
    gptShape: shape,
    gptWeights: readGptWeights(gpt, shape),
  };
}

/** Weights of the GPT as it is used: adapters, where it was trained by some, are merged into its matrices. */
export function readGptWeights(checkpoint: Checkpoint, shape: GptShape): Weights {
  const model = gptParameters(shape);
  const { lora } = checkpoint.manifest.config.gpt;
  if (!lora) return readWeights(checkpoint, model);
  return mergeAdapters(readWeights(checkpoint, withAdapters(model, lora)), model, lora);
}

/** The tokenizer of a checkpoint of the stage `tokenizer`. */
export function openTokenizer(checkpoint: Checkpoint, { device, threads }: Compute): VideoTokenizer {
  const { tokenizer, window } = checkpoint.manifest.config;
  const shape = tokenizerShape(tokenizer.model, window);
  return new VideoTokenizer(readWeights(checkpoint, tokenizerParameters(shape)), shape, { device, threads });
}

export function readTextEncoding(checkpoint: Checkpoint): BytePairEncoding {
  const path = `${checkpoint.folder}/${TEXT_ENCODING_FILE}`;
  const bytes = checkpoint.files.get(TEXT_ENCODING_FILE);
  if (!bytes) throw new AppError('checkpoint-damaged', { path, detail: 'the file is missing' });
  return BytePairEncoding.fromJson(JSON.parse(new TextDecoder().decode(bytes)), path);
}
