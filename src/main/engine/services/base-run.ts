/** The model that a new run starts from: the base model, a run of this workspace by its id, or a folder from anywhere. */
import { isAbsolute, join } from 'node:path';
import { BASE_MODEL, type PackageName } from '#shared/contract/models.ts';
import { requireSameModel } from '#shared/domain/same-model.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { EngineContext } from '../context.ts';
import { getRun } from './find-run.ts';

/** Where it lies; null when the new run starts from nothing. The worker looks whether it is there. */
export function baseRunFolder(
  { workspace, baseModel }: EngineContext,
  { initFrom }: TrainingConfig,
): string | null {
  if (initFrom === null) return null;
  if (initFrom === BASE_MODEL) return baseModel.folder;
  return isAbsolute(initFrom) ? initFrom : join(workspace.runs, initFrom);
}

/**
 * Which package it is, if it is the base model. Throws not-found, base-not-trained, base-model-missing, model-damaged, model-newer,
 * or invalid-input, before a run is made that could not start.
 */
export async function checkBaseRun(
  context: EngineContext,
  config: TrainingConfig,
): Promise<PackageName | null> {
  const { initFrom } = config;
  // What lies in a folder elsewhere is for the worker to find out.
  if (initFrom === null || isAbsolute(initFrom)) return null;
  if (initFrom === BASE_MODEL) {
    const { name, version, sha256, config: ofBase } = await context.baseModel.get();
    requireSameModel(ofBase, config);
    return { name, version, sha256 };
  }
  const base = await getRun(context.db, initFrom);
  if (!base.canGenerate) throw new AppError('base-not-trained', { path: base.name });
  requireSameModel(base.config, config);
  return null;
}
