/** Which file of the built studio an address means. */
import { join, resolve, sep } from 'node:path';

/** Null for a path that leads out of `folder`, or is no path. */
export function rendererFile(folder: string, urlPath: string): string | null {
  try {
    const path = resolve(join(folder, decodeURIComponent(urlPath === '/' ? '/index.html' : urlPath)));
    return path.startsWith(resolve(folder) + sep) ? path : null;
  } catch {
    return null;
  }
}
