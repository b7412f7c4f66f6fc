/** Training runs: a run belongs to a snapshot, is carried by a job, and leaves metrics and checkpoints. */
import { z } from 'zod';
import { trainingConfig } from '../domain/training-config.ts';
import { id, nothing, splitName, timestamp } from './common.ts';
import { event, procedure } from './define.ts';
import { evalOptions, evalReport } from './evaluation.ts';
import { job } from './jobs.ts';
import { packageName } from './models.ts';
import { device } from './system.ts';

export const trainingStage = z.enum(['tokenizer', 'gpt']);
export type TrainingStage = z.output<typeof trainingStage>;

/** One point of a curve. `step` counts optimizer steps within the stage. */
export const metricPoint = z.object({
  stage: trainingStage,
  step: z.number().int(),
  epoch: z.number(),
  /** e.g. `loss/train`, `loss/val`, `lr`, `grad-norm`, `psnr/val`, `clips-per-second`, `gflops`. */
  name: z.string(),
  value: z.number(),
});
export type MetricPoint = z.output<typeof metricPoint>;

export const run = z.object({
  id,
  name: z.string(),
  snapshotId: id,
  snapshotName: z.string(),
  jobId: id,
  createdAt: timestamp,
  config: trainingConfig,
  /** The package that it started from; null where it was a run, or nothing. */
  base: packageName.nullable(),
  job,
  /** Held-out loss of the GPT in nats a token before training and at its best; null until known. */
  valLossBefore: z.number().nullable(),
  valLossBest: z.number().nullable(),
  /** Whether a checkpoint exists that can generate. */
  canGenerate: z.boolean(),
});
export type Run = z.output<typeof run>;

export const trainingProcedures = {
  /** Refuses a run that does not fit on this machine, unless it is forced. */
  'training.start': procedure(
    z.object({
      snapshotId: id,
      name: z.string().trim().max(200).default(''),
      config: trainingConfig.prefault({}),
      device: device.optional(),
      force: z.boolean().default(false),
    }),
    run,
  ),
  'training.listRuns': procedure(nothing, z.object({ runs: z.array(run) })),
  'training.getRun': procedure(z.object({ runId: id }), run),
  'training.metrics': procedure(z.object({ runId: id }), z.object({ points: z.array(metricPoint) })),
  'training.deleteRun': procedure(z.object({ runId: id }), nothing),
  'training.evaluate': procedure(
    evalOptions.extend({ runId: id, split: splitName.default('test'), device: device.optional() }),
    job,
  ),
  'training.evalReport': procedure(z.object({ jobId: id }), evalReport),
};

export const trainingEvents = {
  'training.metrics': event(z.object({ runId: id, points: z.array(metricPoint) })),
  'training.changed': event(z.object({ runId: id })),
};
