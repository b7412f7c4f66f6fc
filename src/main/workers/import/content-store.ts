/** Puts files into the workspace's content-addressed store: `ab/cdef…`, named by the SHA-256 of what they hold. */
import { createHash } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomic } from '../runtime/write-atomic.ts';

/** Returns the hash. A file that is there already is not written again. Throws AppError `disk-full`. */
export async function putFile(storeFolder: string, bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256').update(bytes).digest('hex');
  const path = join(storeFolder, hash.slice(0, 2), hash.slice(2));
  if (!(await exists(path))) await writeAtomic(path, bytes, { sync: true });
  return hash;
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
