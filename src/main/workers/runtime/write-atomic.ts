/** Writes a file that is there whole or not at all. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { explainDiskFull } from '#shared/errors/disk-full.ts';

/** Makes the folder when it is missing. Not synced: for files that can be made again. */
export async function writeAtomic(path: string, contents: Uint8Array | string): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(unfinished, contents);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw explainDiskFull(error, path);
  }
}
