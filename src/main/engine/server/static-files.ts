/** The studio's own files for a browser. */
import { join } from 'node:path';
import type { FileToSend } from './send-file.ts';
import { isPlainName } from './upload.ts';

/** Returns null for a path that leaves the folder. Built assets carry a hash in their name, the page does not. */
export function findStaticFile(rendererFolder: string, segments: string[]): FileToSend | null {
  if (segments.length === 0) return { path: join(rendererFolder, 'index.html'), cache: 'check' };
  if (!segments.every(isPlainName)) return null;
  return {
    path: join(rendererFolder, ...segments),
    cache: segments[0] === 'assets' ? 'forever' : 'check',
  };
}
