/** Reads the file of a snapshot. */
import { readFile } from 'node:fs/promises';
import { snapshotFile, type SnapshotFile } from '#shared/contract/workers.ts';
import { AppError } from '#shared/errors/app-error.ts';

/** Throws AppError `file-unreadable` or `file-damaged`. */
export async function readSnapshot(path: string): Promise<SnapshotFile> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new AppError('file-unreadable', { path, detail: error.message });
  });
  try {
    return snapshotFile.parse(JSON.parse(text));
  } catch (error) {
    throw new AppError('file-damaged', { path, detail: 'it is not a snapshot' }, String(error));
  }
}
