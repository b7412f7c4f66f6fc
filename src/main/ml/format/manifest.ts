/** The manifest of a checkpoint: what it is, where training stood, and the hashes of its files. */
import { z } from 'zod';
import { metricPoint, trainingStage } from '#shared/contract/training.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';

/** Raised when older programs could not read what is written. */
export const CHECKPOINT_FORMAT = 1;

/** What is known of a stage so far; a curve holds only points of evaluations, since the engine keeps the rest. */
export const stageMetrics = z.object({
  valLossBefore: z.number().nullable(),
  valLossBest: z.number().nullable(),
  valPoints: z.array(metricPoint),
});
export type StageMetrics = z.output<typeof stageMetrics>;

/** The position in the shuffled data: `clip` clips of epoch `epoch` are used up. */
const dataCursor = z.object({ epoch: z.number().int().min(0), clip: z.number().int().min(0) });

/** What the numbers were computed with: the same again gives the same bits. */
export const computedWith = z.object({
  device: z.string(),
  threads: z.number().int().min(1),
  /** Version of ONNX Runtime. */
  runtime: z.string(),
  /** Its kernels choose their instructions by the processor. */
  processor: z.string(),
});
export type ComputedWith = z.output<typeof computedWith>;

const fileEntry = z.object({
  bytes: z.number().int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export const checkpointManifest = z.object({
  format: z.literal(CHECKPOINT_FORMAT),
  stage: trainingStage,
  /** Optimizer steps done within the stage. */
  step: z.number().int().min(0),
  /** Epochs done, with the part of the one under way. */
  epoch: z.number().min(0),
  config: trainingConfig,
  snapshot: z.object({ id: z.string(), hash: z.string() }),
  cursor: dataCursor,
  /** State of the generator that draws what is random in a step. */
  random: z.array(z.number().int().min(0).max(0xffffffff)),
  metrics: stageMetrics,
  /** Held-out loss of exactly these weights; null when they were saved in the middle of an epoch. */
  valLoss: z.number().nullable(),
  /** Null in checkpoints of older versions. */
  computedWith: computedWith.nullable().default(null),
  /** Saved only because the run was stopped there: goes as soon as there is a newer one. */
  bridges: z.boolean().default(false),
  /** For a GPT: the step of the tokenizer checkpoint whose tokens it was trained on. */
  tokenizerStep: z.number().int().min(0).nullable(),
  /** SHA-256 of every file beside the manifest. */
  files: z.record(z.string().regex(/^[a-z][a-z0-9-]*\.(safetensors|json)$/), fileEntry),
});
export type CheckpointManifest = z.output<typeof checkpointManifest>;
