/** A file of prompts: UTF-8, one a line; empty lines and lines that begin with `#` are passed over. */
import { readFile } from 'node:fs/promises';
import { AppError } from '#shared/errors/app-error.ts';

/** Throws AppError `file-unreadable`, also for what is no UTF-8. */
export async function readPrompts(path: string): Promise<string[]> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
    return text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'));
  } catch (error) {
    throw new AppError('file-unreadable', { path, detail: (error as Error).message });
  }
}
