/** Writes a file that is there whole or not at all. */
import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { explainDiskFull } from '#shared/errors/disk-full.ts';

/**
 * Makes the folder when it is missing. `sync` what cannot be made again: then it is on the disk when this returns.
 * Throws AppError `disk-full`.
 */
export async function writeAtomic(
  path: string,
  contents: Uint8Array | string,
  { sync = false } = {},
): Promise<void> {
  const unfinished = unfinishedPath(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(unfinished, contents, { flush: sync });
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw explainDiskFull(error, path);
  }
}

/** Where a file is written before it is moved to `path`. Several may write the same one at once: each has a name of its own. */
export const unfinishedPath = (path: string): string => `${path}.${randomBytes(4).toString('hex')}.tmp`;
