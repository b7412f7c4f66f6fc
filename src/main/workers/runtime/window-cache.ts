/** Decoded windows on disk, found by what they were decoded from: the same clip is decoded once for all runs. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClipSource, MediaTools } from '#shared/contract/workers.ts';
import type { WindowConfig } from '#shared/domain/training-config.ts';
import { writeAtomic } from './write-atomic.ts';

/** Raised when decoding changes, so that old windows are not taken for new ones. */
const DECODING = 1;

export interface WindowCache {
  /** Decodes the clip if that has not been done before. */
  ensure(source: ClipSource, signal?: AbortSignal): Promise<void>;
  /** frames_THWC, uint8 RGB, from disk when it was decoded before. */
  read(source: ClipSource, signal?: AbortSignal): Promise<Uint8Array>;
  /** How many of these would have to be decoded. */
  missing(sources: readonly ClipSource[]): Promise<number>;
}

export function createWindowCache(cacheFolder: string, window: WindowConfig, tools: MediaTools): WindowCache {
  const bytes = window.frames * window.size * window.size * 3;
  const pathOf = (source: ClipSource): string => {
    const key = windowKey(source, window);
    return join(cacheFolder, 'windows', key.slice(0, 2), `${key}.rgb`);
  };
  const decode = async (source: ClipSource, signal?: AbortSignal): Promise<Uint8Array> => {
    // Most runs find their clips decoded and need no decoder.
    const { decodeWindow } = await import('#main/engine/media/decode-window.ts');
    const frames = await decodeWindow(source, window, tools, signal);
    await writeAtomic(pathOf(source), frames);
    return frames;
  };

  // A file of another length was cut short, by a full disk for example: it is decoded anew.
  const isDecoded = async (source: ClipSource): Promise<boolean> =>
    (await stat(pathOf(source)).catch(() => undefined))?.size === bytes;

  return {
    async missing(sources) {
      let count = 0;
      for (const source of sources) if (!(await isDecoded(source))) count++;
      return count;
    },

    async ensure(source, signal) {
      if (!(await isDecoded(source))) await decode(source, signal);
    },

    async read(source, signal) {
      const known = await readFile(pathOf(source)).catch(() => undefined);
      return known?.length === bytes ? known : decode(source, signal);
    },
  };
}

function windowKey({ contentHash, start, end }: ClipSource, { frames, size }: WindowConfig): string {
  return createHash('sha256')
    .update(JSON.stringify([DECODING, contentHash, start, end, frames, size]))
    .digest('hex');
}
