/**
 * The one door to trained models, for everything that uses one: the best checkpoint of a run, or a model package. It gives the
 * GPT's weights with the text encoding, the tokenizer they were trained with, and the settings of both.
 */
import { gptParameters } from '#main/ml/gpt/parameters.ts';
import { gptShape, type GptShape } from '#main/ml/gpt/shape.ts';
import { mergeAdapters, withAdapters } from '#main/ml/nn/lora.ts';
import type { Weights } from '#main/ml/nn/parameters.ts';
import { BytePairEncoding } from '#main/ml/text/byte-pair-encoding.ts';
import { tokenizerParameters } from '#main/ml/tokenizer/model.ts';
import { tokenizerShape } from '#main/ml/tokenizer/shape.ts';
import { AppError } from '#shared/errors/app-error.ts';
import {
  bestCheckpoint,
  checkpointsFolder,
  readCheckpoint,
  type Checkpoint,
  type ReportDamage,
} from './checkpoint-store.ts';
import { isModelPackage, readModelPackage } from './model-package.ts';
import { PromptReader } from './prompt-reader.ts';
import type { Compute } from './session.ts';
import type { TrainedModel } from './trained-model.ts';
import { OPTIMIZER, readWeights } from './trainer-state.ts';
import { VideoTokenizer } from './video-tokenizer.ts';

/** File of a GPT checkpoint that holds the merges of its text encoding. */
export const TEXT_ENCODING_FILE = 'text.json';

/** To use a model, the state of its optimizer can stay on the disk. */
const TO_USE = { without: [OPTIMIZER] };

export interface LoadedModel extends TrainedModel {
  readonly tokenizer: VideoTokenizer;
  readonly prompts: PromptReader;
}

/**
 * Reads a model and opens its tokenizer and the reader of prompts for it. The caller disposes of both.
 *
 * @param folder of a run, or a model package
 * Throws what {@link readModel} throws.
 */
export async function loadModel(
  folder: string,
  { device, threads }: Compute,
  report: ReportDamage,
): Promise<LoadedModel> {
  const model = await readModel(folder, report);
  const tokenizer = new VideoTokenizer(model.tokenizerWeights, model.tokenizerShape, { device, threads });
  const prompts = new PromptReader(model.textEncoding, model.gptShape, threads);
  return { ...model, tokenizer, prompts };
}

/**
 * Reads the model that lies in `folder`. Of a run, throws AppError `checkpoint-missing` when it has none yet, `checkpoint-damaged`
 * when all are; of a package, `model-damaged` or `model-newer`.
 */
export async function readModel(folder: string, report: ReportDamage): Promise<TrainedModel> {
  if (await isModelPackage(folder)) return readModelPackage(folder);
  return modelOf(await readModelCheckpoints(folder, report));
}

/** The checkpoints that make up the model of a run: its best GPT, and the tokenizer whose tokens that was trained on. */
export interface ModelCheckpoints {
  gpt: Checkpoint;
  tokenizer: Checkpoint;
}

/** Throws AppError `checkpoint-missing`, `checkpoint-damaged`. */
export async function readModelCheckpoints(
  runFolder: string,
  report: ReportDamage,
): Promise<ModelCheckpoints> {
  const checkpoints = checkpointsFolder(runFolder);
  const gpt = await bestCheckpoint(checkpoints, 'gpt', report, TO_USE);
  if (gpt?.manifest.tokenizerStep == null) throw new AppError('checkpoint-missing');
  const tokenizer = await readCheckpoint(checkpoints, 'tokenizer', gpt.manifest.tokenizerStep, TO_USE);
  return { gpt, tokenizer };
}

export function modelOf({ gpt, tokenizer }: ModelCheckpoints): TrainedModel {
  const { config, stage, step, valLoss } = gpt.manifest;
  const textEncoding = readTextEncoding(gpt);
  const shape = gptShape(config.gpt.model, config.tokenizer.model, config.window, textEncoding.vocabulary);
  return {
    config,
    origin: { checkpoint: { stage, step } },
    valLoss,
    ...readTokenizer(tokenizer),
    textEncoding,
    gptShape: shape,
    gptWeights: readGptWeights(gpt, shape),
  };
}

/** The tokenizer of a checkpoint of the stage `tokenizer`. */
export function openTokenizer(checkpoint: Checkpoint, { device, threads }: Compute): VideoTokenizer {
  const { tokenizerWeights, tokenizerShape: shape } = readTokenizer(checkpoint);
  return new VideoTokenizer(tokenizerWeights, shape, { device, threads });
}

export function readTextEncoding(checkpoint: Checkpoint): BytePairEncoding {
  const path = `${checkpoint.folder}/${TEXT_ENCODING_FILE}`;
  const bytes = checkpoint.files.get(TEXT_ENCODING_FILE);
  if (!bytes) throw new AppError('checkpoint-damaged', { path, detail: 'the file is missing' });
  return BytePairEncoding.fromJson(JSON.parse(new TextDecoder().decode(bytes)), path);
}

function readTokenizer(checkpoint: Checkpoint): Pick<TrainedModel, 'tokenizerShape' | 'tokenizerWeights'> {
  const { tokenizer, window } = checkpoint.manifest.config;
  const shape = tokenizerShape(tokenizer.model, window);
  return { tokenizerShape: shape, tokenizerWeights: readWeights(checkpoint, tokenizerParameters(shape)) };
}

/** Weights of the GPT as it is used: adapters, where it was trained by some, are merged into its matrices. */
function readGptWeights(checkpoint: Checkpoint, shape: GptShape): Weights {
  const model = gptParameters(shape);
  const { lora } = checkpoint.manifest.config.gpt;
  if (!lora) return readWeights(checkpoint, model);
  return mergeAdapters(readWeights(checkpoint, withAdapters(model, lora)), model, lora);
}
