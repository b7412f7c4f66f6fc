/** Puts files into the workspace's content-addressed store: `ab/cdef…`, named by the SHA-256 of what they hold. */
import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { explainDiskFull } from '#shared/errors/disk-full.ts';

/** Returns the hash. A file that is there already is not written again. Throws AppError `disk-full`. */
export async function putFile(storeFolder: string, bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256').update(bytes).digest('hex');
  const path = join(storeFolder, hash.slice(0, 2), hash.slice(2));
  if (await exists(path)) return hash;
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, bytes, { flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw explainDiskFull(error, storeFolder);
  }
  return hash;
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
