/** The run that a new one starts from: found by its id in this workspace, or as a folder from anywhere. */
import { isAbsolute, join } from 'node:path';
import { requireSameModel } from '#shared/domain/same-model.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { EngineContext } from '../context.ts';
import { getRun } from './find-run.ts';

/** Where its checkpoints lie; null when the new run starts from nothing. The worker looks whether they are there. */
export function baseRunFolder({ workspace }: EngineContext, { initFrom }: TrainingConfig): string | null {
  if (initFrom === null) return null;
  return isAbsolute(initFrom) ? initFrom : join(workspace.runs, initFrom);
}

/** Throws not-found, base-not-trained, or invalid-input, before a run is made that could not start. */
export async function checkBaseRun(context: EngineContext, config: TrainingConfig): Promise<void> {
  const { initFrom } = config;
  // What lies in a folder elsewhere is for the worker to find out.
  if (initFrom === null || isAbsolute(initFrom)) return;
  const base = await getRun(context.db, initFrom);
  if (!base.canGenerate) throw new AppError('base-not-trained', { path: base.name });
  requireSameModel(base.config, config);
}
