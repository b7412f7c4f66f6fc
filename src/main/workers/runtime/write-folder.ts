/**
 * Writes and removes folders of files that are there whole or not at all: what is being written or removed has a name that
 * starts with a dot, so that no reader looks at it.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** First letter of the name of what a crash may leave behind. */
export const UNFINISHED = '.';

/** Of a file: in one piece, or in pieces to be written one after another. */
export type FileContents = Uint8Array | readonly Uint8Array[];

export interface FileEntry {
  bytes: number;
  sha256: string;
}

/** What a manifest says of files. */
export function describeFiles(files: ReadonlyMap<string, FileContents>): Record<string, FileEntry> {
  const entries = [...files].map(([name, contents]): [string, FileEntry] => {
    const parts = partsOf(contents);
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    return [name, { bytes, sha256: sha256(parts) }];
  });
  return Object.fromEntries(entries);
}

/** Writes the files beside their place, syncs each, and moves them there at once. A folder that was there is replaced. */
export async function writeFolder(folder: string, files: ReadonlyMap<string, FileContents>): Promise<void> {
  const unfinished = join(dirname(folder), `${UNFINISHED}${basename(folder)}.new`);
  try {
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
    for (const [name, contents] of files) await writeSynced(join(unfinished, name), partsOf(contents));
    await sync(unfinished);
    await removeFolder(folder);
    await rename(unfinished, folder);
    await sync(dirname(folder));
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/** Moved aside first: what is half removed must not look like something damaged. */
export async function removeFolder(folder: string): Promise<void> {
  const doomed = join(dirname(folder), `${UNFINISHED}${basename(folder)}.old`);
  await rm(doomed, { recursive: true, force: true });
  try {
    await rename(folder, doomed);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await rm(doomed, { recursive: true, force: true });
}

/** In hexadecimal digits. */
export function sha256(contents: FileContents): string {
  const hash = createHash('sha256');
  for (const part of partsOf(contents)) hash.update(part);
  return hash.digest('hex');
}

const partsOf = (contents: FileContents) => (contents instanceof Uint8Array ? [contents] : contents);

async function writeSynced(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const part of parts) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names in a folder durable. Windows cannot open folders, and needs no sync for renames. */
async function sync(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
