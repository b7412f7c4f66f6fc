/** Reads the caption that lies beside a clip: a text file of the same name. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { AppError } from '#shared/errors/app-error.ts';

const MAX_CHARACTERS = 2000;

export interface Sidecar {
  path: string;
  caption: string;
  /** Why the caption is empty although there is a file. */
  error: AppError | null;
}

export const isSidecar = (path: string) => extname(path).toLowerCase() === '.txt';

/** Returns null when there is none. */
export async function readSidecar(mediaPath: string): Promise<Sidecar | null> {
  const base = mediaPath.slice(0, mediaPath.length - extname(mediaPath).length);
  for (const path of [`${base}.txt`, `${base}.TXT`]) {
    try {
      return { path, caption: parseCaption(await readFile(path), path), error: null };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      const known = error instanceof AppError;
      const { message } = error as Error;
      return {
        path,
        caption: '',
        error: known ? error : new AppError('caption-unreadable', { path, detail: message }),
      };
    }
  }
  return null;
}

/**
 * UTF-8 (a byte order mark is dropped); line breaks and runs of blanks become one blank.
 * Throws AppError `caption-unreadable`.
 */
export function parseCaption(bytes: Uint8Array, path: string): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new AppError('caption-unreadable', { path, detail: 'not UTF-8 text' });
  }
  const caption = text.replace(/\s+/g, ' ').trim();
  if (caption.length > MAX_CHARACTERS) {
    throw new AppError('caption-unreadable', { path, detail: `longer than ${MAX_CHARACTERS} characters` });
  }
  return caption;
}
