/** A model package of the tiny run, as an export leaves it. */
import { join } from 'node:path';
import { exportModel, type ExportRequest } from '#main/workers/export/export-model.ts';
import { untrainedRun } from '../gpt/untrained-run.ts';

export const failOnDamage = (error: Error): never => {
  throw error;
};

export interface TinyPackage {
  /** Of the run that it was made of. */
  runFolder: string;
  /** Of the package. */
  folder: string;
}

export async function tinyPackage(
  parent: string,
  changes: Partial<ExportRequest> = {},
): Promise<TinyPackage> {
  const runFolder = changes.runFolder ?? (await untrainedRun(parent, 'frame'));
  const folder = join(parent, 'package');
  const request: ExportRequest = {
    runFolder,
    folder,
    name: 'Tiny base',
    version: '1.2.3',
    licence: 'MIT',
    precision: 'float32',
    frameRate: 8,
    program: 'Reelwright test',
    overwrite: false,
    ...changes,
  };
  await exportModel(request, failOnDamage);
  return { runFolder, folder: request.folder };
}
