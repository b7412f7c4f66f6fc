/** Makes a model package of a run's best checkpoint. The same run gives the same bytes; the folder is there whole or not at all. */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { modelCard, type ModelCardFacts } from '#main/ml/format/model-card.ts';
import {
  MODEL_PACKAGE_FORMAT,
  MODEL_PACKAGE_KIND,
  modelPackageManifest,
  PACKAGE_MANIFEST,
  packageFiles,
  type ModelPackageManifest,
} from '#main/ml/format/model-package.ts';
import { safetensorsParts } from '#main/ml/format/safetensors.ts';
import { storeWeights } from '#main/ml/format/stored-weights.ts';
import { gptParameters } from '#main/ml/gpt/parameters.ts';
import type { ParameterSet, Weights } from '#main/ml/nn/parameters.ts';
import { tokenizerParameters } from '#main/ml/tokenizer/model.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { explainDiskFull } from '#shared/errors/disk-full.ts';
import type { Checkpoint, ReportDamage } from '../runtime/checkpoint-store.ts';
import { modelOf, readModelCheckpoints, type ModelCheckpoints } from '../runtime/load-checkpoint.ts';
import { isModelPackage } from '../runtime/model-package.ts';
import type { SpecOf } from '../runtime/serve-worker.ts';
import { WEIGHTS } from '../runtime/trainer-state.ts';
import { describeFiles, writeFolder } from '../runtime/write-folder.ts';

const CARD = 'MODEL_CARD.md';
/** The files of a package as an export leaves it. */
const written: ReadonlySet<string> = new Set([PACKAGE_MANIFEST, CARD, ...Object.values(packageFiles)]);

/** `frameRate`: at which its takes play naturally. `overwrite`: a package that is there is replaced; anything else never is. */
export type ExportRequest = SpecOf<'export'>;

/**
 * Returns the manifest. Throws AppError `checkpoint-missing`, `checkpoint-damaged`, `file-exists`, `disk-full`, and `invalid-input`
 * for what does not fit into a manifest.
 */
export async function exportModel(
  request: ExportRequest,
  report: ReportDamage,
  facts: ModelCardFacts = {},
): Promise<ModelPackageManifest> {
  await requireRoom(request);
  const checkpoints = await readModelCheckpoints(request.runFolder, report);
  const model = modelOf(checkpoints);
  const parameters = {
    tokenizer: tokenizerParameters(model.tokenizerShape),
    gpt: gptParameters(model.gptShape),
  };
  const weights = (values: Weights, set: ParameterSet) =>
    safetensorsParts(storeWeights(values, set, request.precision), { format: 'reelwright' });
  const files = new Map<string, Uint8Array | readonly Uint8Array[]>([
    [packageFiles.tokenizer, weights(model.tokenizerWeights, parameters.tokenizer)],
    [packageFiles.gpt, weights(model.gptWeights, parameters.gpt)],
    [packageFiles.text, utf8(JSON.stringify(model.textEncoding.toJson()))],
  ]);
  const manifest = parseManifest({
    kind: MODEL_PACKAGE_KIND,
    format: MODEL_PACKAGE_FORMAT,
    ...(await factsOf(checkpoints)),
    name: request.name,
    version: request.version,
    licence: request.licence,
    precision: request.precision,
    frameRate: request.frameRate,
    weights: { tokenizer: parameters.tokenizer.size, gpt: parameters.gpt.size },
    provenance: { ...provenanceOf(checkpoints), program: request.program },
    files: describeFiles(files),
  });
  files
    .set(PACKAGE_MANIFEST, utf8(`${JSON.stringify(manifest, null, 2)}\n`))
    .set(CARD, utf8(modelCard(manifest, facts)));
  try {
    await writeFolder(request.folder, files);
  } catch (error) {
    throw explainDiskFull(error, request.folder);
  }
  return manifest;
}

/** Only what an export left may be replaced, and nothing that somebody put beside it: it may be all that they have. */
async function requireRoom({ folder, overwrite }: ExportRequest): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new AppError('file-exists', { path: folder });
  });
  if (names.length === 0) return;
  const isExport = names.every((name) => written.has(name)) && (await isModelPackage(folder));
  if (!overwrite || !isExport) throw new AppError('file-exists', { path: folder });
}

async function factsOf({ gpt, tokenizer }: ModelCheckpoints) {
  const { config } = gpt.manifest;
  const { mtime } = await stat(join(gpt.folder, PACKAGE_MANIFEST));
  return {
    created: mtime.toISOString(),
    // What it started from may be a path of this machine; adapters are part of the weights by now, and so is what stayed as it was.
    config: {
      ...config,
      initFrom: null,
      tokenizer: { ...config.tokenizer, part: 'both' },
      gpt: { ...config.gpt, lora: null },
    },
    metrics: { ...metricsOf(tokenizer), ...metricsOf(gpt) },
  };
}

function provenanceOf({ gpt, tokenizer }: ModelCheckpoints) {
  const { snapshot, computedWith, config } = gpt.manifest;
  const named = ({ manifest: { step, epoch, files } }: Checkpoint) => ({
    step,
    epoch,
    sha256: files[WEIGHTS]!.sha256,
  });
  return {
    snapshot,
    tokenizer: named(tokenizer),
    gpt: named(gpt),
    computedWith,
    startedFrom: config.initFrom === null ? null : basename(config.initFrom),
  };
}

/** What was measured of exactly these weights. */
function metricsOf({ manifest: { stage, step, valLoss, metrics } }: Checkpoint): Record<string, number> {
  const points = metrics.valPoints.filter((point) => point.step === step);
  const measured = Object.fromEntries(points.map(({ name, value }) => [`${stage}/${name}`, value]));
  return { ...(valLoss === null ? {} : { [`${stage}/loss/val`]: valLoss }), ...measured };
}

function parseManifest(draft: unknown): ModelPackageManifest {
  const parsed = modelPackageManifest.safeParse(draft);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new AppError('invalid-input', { field: issue.path.join('.'), problem: issue.message });
}

const utf8 = (text: string) => new TextEncoder().encode(text);
