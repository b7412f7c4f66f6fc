/** Lists the files under the paths that a user dropped: recursively, in a stable order, past what cannot be read. */
import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#shared/errors/app-error.ts';

export interface Found {
  /** Paths of regular files. */
  files: string[];
  /** Paths that are there but can neither be walked nor read, with the reason. */
  failures: { path: string; error: AppError }[];
}

/** Left behind by systems and archivers; nobody means to import them. Names that begin with a dot are hidden as well. */
const systemNames = new Set([
  'thumbs.db',
  'desktop.ini',
  '__macosx',
  '$recycle.bin',
  'system volume information',
  'lost+found',
]);

/** A path that is named is taken as it is; inside folders, hidden and system files are passed over in silence. */
export async function walk(paths: readonly string[], signal: AbortSignal): Promise<Found> {
  const found: Found = { files: [], failures: [] };
  const visited = new Set<string>();
  const seenFiles = new Set<string>();

  const visit = async (path: string): Promise<void> => {
    if (signal.aborted) throw new AppError('cancelled');
    try {
      const entry = await stat(path);
      if (entry.isDirectory()) await visitFolder(path);
      else if (isFile(entry) && !seenFiles.has(path)) {
        seenFiles.add(path);
        found.files.push(path);
      }
    } catch (error) {
      if (error instanceof AppError && error.code === 'cancelled') throw error;
      found.failures.push({ path, error: unreadable(path, error) });
    }
  };

  const visitFolder = async (folder: string): Promise<void> => {
    // The real path: a symbolic link may lead back up to a folder that is being walked.
    const real = await realpath(folder);
    if (visited.has(real)) return;
    visited.add(real);
    const names = (await readdir(folder)).filter(
      (name) => !name.startsWith('.') && !systemNames.has(name.toLowerCase()),
    );
    for (const name of names.sort()) await visit(join(folder, name));
  };

  for (const path of paths) await visit(path);
  return found;
}

/** Pipes, sockets and devices would make a reader wait for ever. */
const isFile = (entry: Stats) => entry.isFile();

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'it does not exist',
  ENOTDIR: 'it does not exist',
  EIO: 'the disk reports an error',
  EMFILE: 'too many files are open',
};

/** `file-unreadable`, with the reason in words where the system's code is known. */
export function unreadable(path: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new AppError('file-unreadable', { path, detail: reasons[code ?? ''] ?? message });
}
