/** The base model that ships with Reelwright: whether it is there, and what it says of itself. Its worker checks its hashes. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_MANIFEST, parsePackageManifest } from '#main/ml/format/model-package.ts';
import type { BaseModel } from '#shared/contract/models.ts';
import { AppError } from '#shared/errors/app-error.ts';

export interface ShippedModel {
  readonly folder: string;
  /** Throws base-model-missing, model-damaged, model-newer. */
  get(): Promise<BaseModel>;
}

/** Looked at anew each time: it is small, and may be put there while the engine runs. */
export function shippedModel(folder: string): ShippedModel {
  const damaged = (detail: string) => new AppError('model-damaged', { path: folder, detail });

  async function readManifest(): Promise<Buffer> {
    return readFile(join(folder, PACKAGE_MANIFEST)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') throw new AppError('base-model-missing', { path: folder });
      throw damaged(error.message);
    });
  }

  async function requireFile(name: string, bytes: number): Promise<void> {
    const found = await stat(join(folder, name)).catch(() => null);
    if (!found) throw damaged(`${name} is missing`);
    if (found.size !== bytes) throw damaged(`${name} has ${found.size} bytes instead of ${bytes}`);
  }

  return {
    folder,
    get: async () => {
      const contents = await readManifest();
      const manifest = parsePackageManifest(contents, folder);
      const { name, version, licence, created, weights, frameRate, config, files } = manifest;
      for (const [file, { bytes }] of Object.entries(files)) await requireFile(file, bytes);
      return {
        name,
        version,
        sha256: createHash('sha256').update(contents).digest('hex'),
        licence,
        createdAt: Date.parse(created),
        bytes: Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0),
        weights: weights.tokenizer + weights.gpt,
        frameRate,
        config,
      };
    },
  };
}
