/**
 * What passes between the engine and a worker process: one call `run` with a spec of paths and settings, events while it
 * goes on, one result. Tensors and pixels never travel; they lie in files that the specs name.
 */
import { z } from 'zod';
import { region } from '../domain/region.ts';
import { trainingConfig } from '../domain/training-config.ts';
import { id, splitName, wireError } from './common.ts';
import type { ContractShape } from './define.ts';
import { event, procedure } from './define.ts';
import { evalOptions, evalReport } from './evaluation.ts';
import { runCosts } from './forecast.ts';
import { sampling } from './generation.ts';
import { jobProgress } from './jobs.ts';
import { mediaKind } from './library.ts';
import { modelPrecision } from './models.ts';
import { device } from './system.ts';
import { metricPoint } from './training.ts';

/** The slowest worker that is told to stop ends the step under way, then writes a checkpoint with optimizer state. */
export const WORKER_STOPS_WITHIN_MS = 60_000;

const mediaTools = z.object({ ffmpeg: z.string(), ffprobe: z.string() });
export type MediaTools = z.output<typeof mediaTools>;

/** What a worker needs to run ONNX graphs and to decode media. */
const compute = z.object({ device, threads: z.number().int().min(1), tools: mediaTools });

/** Where to find the pixels of a clip. */
export const clipSource = z.object({
  clipId: id,
  path: z.string(),
  /** SHA-256 of the file, hex: the key of everything derived from it. */
  contentHash: z.string(),
  kind: mediaKind,
  start: z.number(),
  end: z.number(),
  caption: z.string(),
});
export type ClipSource = z.output<typeof clipSource>;

/**
 * The file a snapshot is stored in: immutable, named by its id, carries all a run needs. Members that show the same thing share a
 * `group`, whatever it is called; older files have none.
 */
export const snapshotFile = z.object({
  id,
  hash: z.string(),
  members: z.array(clipSource.extend({ split: splitName, group: z.string().optional() })),
});
export type SnapshotFile = z.output<typeof snapshotFile>;

// ── import ────────────────────────────────────────────────────────────────────────────────────────────────────────
export const importSpec = z.object({
  paths: z.array(z.string()),
  tools: mediaTools,
  /** Root of the content-addressed store, for thumbnails and strips. */
  storeFolder: z.string(),
  /** Content hashes already in the library, so that duplicates are skipped early. */
  knownHashes: z.array(z.string()),
});

/** One file that was read: its facts and the clips cut from it. */
export const importedAsset = z.object({
  path: z.string(),
  contentHash: z.string(),
  bytes: z.number().int(),
  modifiedAt: z.number(),
  kind: mediaKind,
  format: z.string(),
  width: z.number().int(),
  height: z.number().int(),
  duration: z.number(),
  frameRate: z.number(),
  frameCount: z.number().int(),
  hasAlpha: z.boolean(),
  hasAudio: z.boolean(),
  variableFrameRate: z.boolean(),
  rotation: z.number().int(),
  caption: z.string(),
  clips: z.array(
    z.object({
      start: z.number(),
      end: z.number(),
      frameCount: z.number().int(),
      /** Hashes (SHA-256) of files in the store: poster image and hover strip. */
      thumbnail: z.string(),
      strip: z.string(),
      /** Perceptual hashes of frames spread over the clip, 16 hex digits (64 bits) each. */
      perceptualHashes: z.array(z.string()),
    }),
  ),
});
export type ImportedAsset = z.output<typeof importedAsset>;

export const importFileResult = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('imported'), asset: importedAsset }),
  z.object({ outcome: z.literal('duplicate'), path: z.string(), contentHash: z.string() }),
  z.object({ outcome: z.enum(['skipped', 'failed']), path: z.string(), reason: wireError }),
]);
export type ImportFileResult = z.output<typeof importFileResult>;

// ── train, eval, generate, caption ────────────────────────────────────────────────────────────────────────────────
/** A run's folder holds `checkpoints/` and nothing else that a worker may write. */
export const trainSpec = compute.extend({
  runFolder: z.string(),
  snapshotPath: z.string(),
  /** Decoded windows are kept here by content, shared by all runs. */
  cacheFolder: z.string(),
  /** Folder of the run whose weights this one starts from: what `config.initFrom` means. */
  initFrom: z.string().nullable().default(null),
  config: trainingConfig,
  /** What a dry run measured, for telling the time left from the start on. */
  costs: runCosts.optional(),
});
export type TrainSpec = z.output<typeof trainSpec>;

/** A dry run of training. Its run folder is scratch: removed when the worker ends. */
export const forecastSpec = trainSpec.omit({ costs: true, initFrom: true });
export type ForecastSpec = z.output<typeof forecastSpec>;

export const evalSpec = compute.extend({
  ...evalOptions.shape,
  runId: id,
  runFolder: z.string(),
  snapshotPath: z.string(),
  cacheFolder: z.string(),
  split: splitName,
});
export type EvalSpec = z.output<typeof evalSpec>;

/** A moment of a film, in seconds; of a picture 0. */
const pictureFile = z.object({ path: z.string(), time: z.number().min(0) });
export type PictureFile = z.output<typeof pictureFile>;

/** A `TakeTask` with the files that it means. */
const generateTask = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('generate') }),
  /** `frameCount`: of the clip and what comes after it. */
  z.object({ kind: z.literal('extend'), clip: clipSource, frameCount: z.number().int() }),
  z.object({ kind: z.literal('inpaint'), clip: clipSource, region }),
  z.object({ kind: z.literal('inbetween'), first: pictureFile, last: pictureFile }),
  z.object({ kind: z.literal('loop'), first: pictureFile.nullable() }),
]);
export type GenerateTask = z.output<typeof generateTask>;

export const generateSpec = compute.extend({
  runFolder: z.string(),
  prompt: z.string(),
  task: generateTask,
  /** Of all takes; each has a seed of its own. */
  sampling: sampling.omit({ seed: true }),
  /** A take's folder gets `frame-0000.png` …, `tokens.json`, and `take.mp4`. */
  takes: z.array(z.object({ folder: z.string(), seed: z.number().int() })).min(1),
  frameRate: z.number().gt(0),
});
export type GenerateSpec = z.output<typeof generateSpec>;

export const captionSpec = compute.extend({
  runFolder: z.string(),
  cacheFolder: z.string(),
  clips: z.array(clipSource),
});

/** What becomes of a run's best checkpoint: see `ExportRequest` among the workers. */
export const exportSpec = z.object({
  runFolder: z.string(),
  folder: z.string(),
  name: z.string(),
  version: z.string(),
  licence: z.string(),
  precision: modelPrecision,
  frameRate: z.number().gt(0),
  program: z.string(),
  overwrite: z.boolean(),
});

export const workerSpec = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('import'), spec: importSpec }),
  z.object({ kind: z.literal('forecast'), spec: forecastSpec }),
  z.object({ kind: z.literal('train'), spec: trainSpec }),
  z.object({ kind: z.literal('eval'), spec: evalSpec }),
  z.object({ kind: z.literal('generate'), spec: generateSpec }),
  z.object({ kind: z.literal('caption'), spec: captionSpec }),
  z.object({ kind: z.literal('export'), spec: exportSpec }),
]);
export type WorkerSpec = z.output<typeof workerSpec>;

export const workerResult = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('import') }),
  z.object({ kind: z.literal('forecast'), costs: runCosts }),
  z.object({
    kind: z.literal('train'),
    valLossBefore: z.number().nullable(),
    valLossBest: z.number().nullable(),
  }),
  z.object({ kind: z.literal('eval'), report: evalReport }),
  /** Takes that are made side by side have equally many frames. */
  z.object({ kind: z.literal('generate'), frames: z.number().int(), stopped: z.boolean() }),
  z.object({
    kind: z.literal('caption'),
    suggestions: z.array(z.object({ clipId: id, text: z.string(), logProbability: z.number() })),
  }),
  z.object({ kind: z.literal('export') }),
]);
export type WorkerResult = z.output<typeof workerResult>;

export const workerContract = {
  procedures: { run: procedure(workerSpec, workerResult) },
  events: {
    /** Also the heartbeat: sent at least every two seconds while the worker lives. */
    alive: event(z.object({})),
    progress: event(jobProgress.omit({ jobId: true })),
    /** Something that the user should know although the work goes on. */
    notice: event(z.object({ error: wireError })),
    /** import: one event a file. */
    file: event(importFileResult),
    /** train: points of the curves. */
    metrics: event(z.object({ points: z.array(metricPoint) })),
    /** train: a checkpoint is complete on disk. */
    checkpoint: event(
      z.object({
        stage: z.enum(['tokenizer', 'gpt']),
        step: z.number().int(),
        valLoss: z.number().nullable(),
        best: z.boolean(),
      }),
    ),
    /** generate: frames 0 … `done`-1 of a take are on disk. */
    frames: event(
      z.object({
        /** Its number among the takes of the spec. */
        take: z.number().int(),
        done: z.number().int(),
        total: z.number().int(),
        width: z.number().int(),
        height: z.number().int(),
      }),
    ),
  },
} satisfies ContractShape;

export type WorkerContract = typeof workerContract;
