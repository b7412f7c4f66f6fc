/**
 * Reads a model package, from wherever it came. Nothing in it is trusted: each size is held against what the model can need
 * before a file is read, each file against its hash before it is parsed, each tensor against the model before it is used.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import {
  PACKAGE_MANIFEST,
  packageFiles,
  parsePackageManifest,
  type ModelPackageManifest,
} from '#main/ml/format/model-package.ts';
import { readSafetensors, SafetensorsError } from '#main/ml/format/safetensors.ts';
import { mostBytes, restoreWeights } from '#main/ml/format/stored-weights.ts';
import { gptParameters } from '#main/ml/gpt/parameters.ts';
import { gptShape } from '#main/ml/gpt/shape.ts';
import type { ParameterSet, Weights } from '#main/ml/nn/parameters.ts';
import { BytePairEncoding } from '#main/ml/text/byte-pair-encoding.ts';
import { tokenizerParameters } from '#main/ml/tokenizer/model.ts';
import { tokenizerShape } from '#main/ml/tokenizer/shape.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { sha256 } from './write-folder.ts';
import type { TrainedModel } from './trained-model.ts';

const MOST_MANIFEST_BYTES = 1 << 20;
const MOST_TEXT_BYTES = 4 << 20;

/** Whether the folder is a model package, damaged or not, rather than a run's. */
export async function isModelPackage(folder: string): Promise<boolean> {
  const file = await open(join(folder, PACKAGE_MANIFEST)).catch(() => null);
  await file?.close();
  return file !== null;
}

/** Throws AppError `model-damaged`, naming the file and what is wrong with it, or `model-newer`. */
export async function readModelPackage(folder: string): Promise<TrainedModel> {
  try {
    const { manifest, hash } = await readManifest(folder);
    const { config } = manifest;
    const read = async (name: keyof ModelPackageManifest['files'], most: number) => {
      const bytes = await readListed(folder, name, manifest, most);
      return { name, bytes };
    };
    const shape = tokenizerShape(config.tokenizer.model, config.window);
    const ofTokenizer = tokenizerParameters(shape);
    const tokenizerFile = await read(packageFiles.tokenizer, mostBytes(ofTokenizer));
    const textEncoding = parseText(await read(packageFiles.text, MOST_TEXT_BYTES));
    const ofGpt = gptShape(config.gpt.model, config.tokenizer.model, config.window, textEncoding.vocabulary);
    const parameters = gptParameters(ofGpt);
    const gptFile = await read(packageFiles.gpt, mostBytes(parameters));
    const { name, version } = manifest;
    return {
      config,
      origin: { model: { name, version, sha256: hash } },
      valLoss: manifest.metrics['gpt/loss/val'] ?? null,
      tokenizerShape: shape,
      tokenizerWeights: parseWeights(tokenizerFile, ofTokenizer),
      textEncoding,
      gptShape: ofGpt,
      gptWeights: parseWeights(gptFile, parameters),
    };
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('model-damaged', { path: folder, detail: (error as Error).message });
  }
}

interface ReadFile {
  name: string;
  bytes: Uint8Array;
}

async function readManifest(folder: string): Promise<{ manifest: ModelPackageManifest; hash: string }> {
  const bytes = await readAtMost(folder, PACKAGE_MANIFEST, MOST_MANIFEST_BYTES);
  return { manifest: parsePackageManifest(bytes, folder), hash: sha256(bytes) };
}

async function readListed(
  folder: string,
  name: keyof ModelPackageManifest['files'],
  { files }: ModelPackageManifest,
  most: number,
): Promise<Uint8Array> {
  const listed = files[name];
  const bytes = await readAtMost(folder, name, Math.min(most, listed.bytes));
  if (bytes.length !== listed.bytes)
    throw new Error(`${name} has ${bytes.length} bytes instead of ${listed.bytes}`);
  if (sha256(bytes) !== listed.sha256) throw new Error(`${name} differs from its SHA-256`);
  return bytes;
}

/** Looks at the size first: a file that is too large is never in memory. */
async function readAtMost(folder: string, name: string, most: number): Promise<Uint8Array> {
  const file = await open(join(folder, name)).catch((error: Error) => {
    throw within(name, error);
  });
  try {
    const { size } = await file.stat();
    if (size > most) throw new Error(`${name} has ${size} bytes, ${most} at most are expected`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function parseWeights({ name, bytes }: ReadFile, parameters: ParameterSet): Weights {
  try {
    return restoreWeights(readSafetensors(bytes).tensors, parameters);
  } catch (error) {
    if (error instanceof SafetensorsError) throw within(name, error);
    throw error;
  }
}

function parseText({ name, bytes }: ReadFile): BytePairEncoding {
  try {
    return BytePairEncoding.fromJson(JSON.parse(new TextDecoder().decode(bytes)), name);
  } catch (error) {
    throw within(name, error as Error, error instanceof AppError ? error.params.detail : undefined);
  }
}

const within = (name: string, cause: Error, problem: string | number | undefined = cause.message) =>
  new Error(`${name}: ${problem}`, { cause });
