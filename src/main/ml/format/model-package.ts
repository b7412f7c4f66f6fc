/**
 * The manifest of a model package: what the model is, where it comes from, and the hashes of its files. The SHA-256 of the
 * manifest itself names the model: it changes with every byte that matters.
 */
import { z } from 'zod';
import { modelPrecision } from '#shared/contract/models.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { computedWith } from './manifest.ts';

/** Raised when older programs could not read what is written. */
export const MODEL_PACKAGE_FORMAT = 1;
export const MODEL_PACKAGE_KIND = 'reelwright-model';

/** The files of a package beside its manifest. Others may lie there (a model card, a licence); nothing reads them. */
export const packageFiles = {
  tokenizer: 'tokenizer.safetensors',
  gpt: 'gpt.safetensors',
  text: 'text.json',
} as const;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const fileEntry = z.object({ bytes: z.number().int().min(0).max(0xffffffff), sha256 });
const line = z.string().trim().max(200);
const weightCount = z.number().int().min(0);

/** A checkpoint that the package was made of. */
const exportedCheckpoint = z.object({
  step: z.number().int().min(0),
  epoch: z.number().min(0),
  /** Of its weights as the run stores them. */
  sha256,
});

/** What is read first, and understood of packages of any format. */
const packageHead = z.object({
  kind: z.literal(MODEL_PACKAGE_KIND),
  format: z.number().int().min(1),
});

export const modelPackageManifest = packageHead.extend({
  format: z.literal(MODEL_PACKAGE_FORMAT),
  name: line.min(1),
  version: line.min(1),
  /** An SPDX identifier, or words; empty when nothing was said. */
  licence: line,
  /** When the weights were written, ISO 8601. */
  created: z.iso.datetime(),
  precision: modelPrecision,
  /** Frames a second at which a take plays naturally. */
  frameRate: z.number().gt(0).max(240),
  /** As it was trained; adapters have been merged into the weights. */
  config: trainingConfig,
  weights: z.object({ tokenizer: weightCount, gpt: weightCount }),
  provenance: z.object({
    /** Program and version that wrote the package. */
    program: line,
    snapshot: z.object({ id: line, hash: line }),
    tokenizer: exportedCheckpoint,
    gpt: exportedCheckpoint,
    computedWith: computedWith.nullable(),
    /** What the run started from, by its last name; null where it was nothing. */
    startedFrom: line.nullable(),
  }),
  /** What the run measured of these very weights on held-out clips, by stage and name, e.g. `gpt/loss/val`. */
  metrics: z.record(z.string().max(200), z.number()),
  files: z.strictObject({
    [packageFiles.tokenizer]: fileEntry,
    [packageFiles.gpt]: fileEntry,
    [packageFiles.text]: fileEntry,
  }),
});
export type ModelPackageManifest = z.output<typeof modelPackageManifest>;

/** File of a package that holds its manifest. */
export const PACKAGE_MANIFEST = 'manifest.json';

/** Reads the manifest of the package in `folder`. Throws AppError `model-damaged` or `model-newer`. */
export function parsePackageManifest(contents: Uint8Array, folder: string): ModelPackageManifest {
  const damaged = (problem: string) =>
    new AppError('model-damaged', { path: folder, detail: `${PACKAGE_MANIFEST}: ${problem}` });
  const parse = <T extends z.ZodType>(schema: T, json: unknown): z.output<T> => {
    const parsed = schema.safeParse(json);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0]!;
    throw damaged(`${issue.path.join('.')}: ${issue.message}`);
  };
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(contents));
  } catch (error) {
    throw damaged((error as Error).message);
  }
  const { format: found } = parse(packageHead, json);
  if (found > MODEL_PACKAGE_FORMAT)
    throw new AppError('model-newer', { path: folder, found, known: MODEL_PACKAGE_FORMAT });
  return parse(modelPackageManifest, json);
}
