/** Models that can be used: trained runs, the base model that ships with Reelwright, and packages to share. */
import { z } from 'zod';
import { trainingConfig } from '../domain/training-config.ts';
import { id, nothing, timestamp, wireError } from './common.ts';
import { procedure } from './define.ts';
import { job } from './jobs.ts';

/** Stands for the base model wherever the id of a run may stand. */
export const BASE_MODEL = 'base';
/** A trained run, or the base model. */
export const modelId = z.union([id, z.literal(BASE_MODEL)]);
export type ModelId = z.output<typeof modelId>;

/** How weights are stored: exactly, in half precision, or as bytes with a scale for each row or column of a matrix. */
export const modelPrecision = z.enum(['float32', 'float16', 'int8']);
export type ModelPrecision = z.output<typeof modelPrecision>;

/** Which package it was: the hash is that of its manifest, which holds those of its files. */
export const packageName = z.object({ name: z.string(), version: z.string(), sha256: z.string() });
export type PackageName = z.output<typeof packageName>;

export const baseModel = packageName.extend({
  licence: z.string(),
  createdAt: timestamp,
  /** Of its files together, and its weights. */
  bytes: z.number().int(),
  weights: z.number().int(),
  frameRate: z.number(),
  config: trainingConfig,
});
export type BaseModel = z.output<typeof baseModel>;

export const modelsProcedures = {
  /** Without a model, `problem` says why and what to do. */
  'models.base': procedure(nothing, z.object({ model: baseModel.nullable(), problem: wireError.nullable() })),
  /** Makes a package of a run's best checkpoint, in a folder on the engine's machine; a package there is replaced only when told to. */
  'models.export': procedure(
    z.object({
      runId: id,
      folder: z.string().min(1),
      name: z.string().trim().max(200).default(''),
      version: z.string().trim().min(1).max(200).default('1.0.0'),
      licence: z.string().trim().max(200).default(''),
      precision: modelPrecision.default('float16'),
      overwrite: z.boolean().default(false),
    }),
    job,
  ),
};
