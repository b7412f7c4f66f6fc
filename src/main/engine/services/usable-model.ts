/** The model that is asked for by its id: a trained run, or the base model. */
import { join } from 'node:path';
import { BASE_MODEL, type ModelId, type PackageName } from '#shared/contract/models.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { EngineContext } from '../context.ts';
import { getTrainedRun } from './find-run.ts';
import { frameRateOf } from './frame-rate.ts';

/** A model that can generate clips and describe them. */
export interface UsableModel {
  name: string;
  /** Where a worker finds it. */
  folder: string;
  config: TrainingConfig;
  /** Which package it is; null for a run. */
  package: PackageName | null;
  /** At which its takes play naturally. */
  frameRate(): Promise<number>;
}

/** Throws not-found, checkpoint-missing for a run that cannot generate yet; base-model-missing, model-damaged, model-newer. */
export async function getUsableModel(context: EngineContext, id: ModelId): Promise<UsableModel> {
  const { db, workspace, baseModel } = context;
  if (id === BASE_MODEL) {
    const { name, version, sha256, config, frameRate } = await baseModel.get();
    const { folder } = baseModel;
    return { name, folder, config, package: { name, version, sha256 }, frameRate: async () => frameRate };
  }
  const run = await getTrainedRun(db, id);
  return {
    name: run.name,
    folder: join(workspace.runs, id),
    config: run.config,
    package: null,
    frameRate: () => frameRateOf(workspace, run),
  };
}

/** The package that was there when something was asked for must be the one that makes it. Throws model-replaced. */
export function requireSamePackage(asked: PackageName | null, found: PackageName | null): void {
  if (!asked || asked.sha256 === found?.sha256) return;
  throw new AppError('model-replaced', { name: asked.name, version: asked.version });
}
