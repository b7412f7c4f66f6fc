/** The import: walks the paths, reads two files at a time, and reports each one as it is done. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { ImportFileResult } from '#shared/contract/workers.ts';
import { AppError, toWireError } from '#shared/errors/app-error.ts';
import type { SpecOf, WorkerContext } from '../runtime/serve-worker.ts';
import { readAsset } from './read-asset.ts';
import { isSidecar, readSidecar } from './sidecar.ts';
import { unreadable, walk } from './walk.ts';

/** Decoding keeps a core busy, hashing and encoding previews another. */
const AT_ONCE = 2;
/** Faults of the machine, not of a file: the import ends with them. */
const fatal: readonly string[] = ['cancelled', 'disk-full', 'ffmpeg-missing'];

/** Throws AppError `cancelled` (between files), `disk-full`, `ffmpeg-missing`. What fails a file only fails that file. */
export async function importFiles(spec: SpecOf<'import'>, context: WorkerContext): Promise<object> {
  const { signal } = context;
  context.progress('scan', 0, 0);
  const { files, failures } = await walk(spec.paths, signal);
  for (const { path, error } of failures) {
    context.emit('file', { outcome: 'failed', path, reason: error.toWire() });
  }
  const media = files.filter((path) => !isSidecar(path));
  const fractions = new Map<string, number>();
  let done = 0;
  const report = () => {
    const partly = [...fractions.values()].reduce((sum, fraction) => sum + fraction, 0);
    context.progress('import', done + partly, media.length);
  };
  const importer = new Importer({
    ...spec,
    signal,
    onFraction: (path, fraction) => {
      fractions.set(path, fraction);
      report();
    },
  });

  report();
  const queue = media.values();
  const work = async () => {
    // One iterator for all: each takes the next file that nobody has taken.
    for (const path of queue) {
      if (signal.aborted) throw new AppError('cancelled');
      for (const result of await importer.importOne(path)) context.emit('file', result);
      fractions.delete(path);
      done++;
      report();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));

  for (const path of files.filter(isSidecar)) {
    if (importer.usedSidecars.has(path)) continue;
    const reason = new AppError('file-unsupported', { path }).toWire();
    context.emit('file', { outcome: 'skipped', path, reason });
  }
  return {};
}

interface ImporterInput extends SpecOf<'import'> {
  signal: AbortSignal;
  onFraction: (path: string, fraction: number) => void;
}

interface Identity {
  contentHash: string;
  bytes: number;
  modifiedAt: number;
  /** Whether a file of the same content came in, if there was one. */
  earlier: Promise<boolean> | undefined;
  /** To be told whether this file came in. */
  settle: (cameIn: boolean) => void;
}

class Importer {
  readonly usedSidecars = new Set<string>();
  readonly #input: ImporterInput;
  readonly #known: Set<string>;
  /** Contents that this import has met, and whether they came in. */
  readonly #met = new Map<string, Promise<boolean>>();
  /** Files are identified one after the other, so that of two copies always the first comes in. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(input: ImporterInput) {
    this.#input = input;
    this.#known = new Set(input.knownHashes);
  }

  /** The outcome of the file, and of the caption beside it where that cannot be used. */
  async importOne(path: string): Promise<ImportFileResult[]> {
    const identified = this.#turn.then(() => this.#identify(path));
    this.#turn = identified.catch(() => {});
    const sidecar = await readSidecar(path);
    const result = await this.#outcome(path, identified, sidecar?.caption ?? '');
    if (!sidecar || result.outcome === 'skipped') return [result];
    this.usedSidecars.add(sidecar.path);
    // The clip is fine without its caption, but the user should hear why it has none.
    if (sidecar.error === null || result.outcome !== 'imported') return [result];
    return [result, { outcome: 'failed', path: sidecar.path, reason: sidecar.error.toWire() }];
  }

  async #identify(path: string): Promise<Identity> {
    const { size, mtimeMs } = await stat(path);
    if (size === 0) throw new AppError('file-empty', { path });
    const contentHash = await hashFile(path, this.#input.signal);
    const earlier = this.#known.has(contentHash) ? Promise.resolve(true) : this.#met.get(contentHash);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    if (!earlier) this.#met.set(contentHash, promise);
    return { contentHash, bytes: size, modifiedAt: mtimeMs, earlier, settle: resolve };
  }

  async #outcome(path: string, identified: Promise<Identity>, caption: string): Promise<ImportFileResult> {
    const { signal, tools, storeFolder } = this.#input;
    let settle: Identity['settle'] = () => {};
    try {
      const { contentHash, bytes, modifiedAt, earlier, ...identity } = await identified;
      ({ settle } = identity);
      if (await earlier) return { outcome: 'duplicate', path, contentHash };
      const onFraction = (fraction: number) => this.#input.onFraction(path, fraction);
      const content = await readAsset(path, { tools, storeFolder, signal, onFraction });
      settle(true);
      return { outcome: 'imported', asset: { path, contentHash, bytes, modifiedAt, caption, ...content } };
    } catch (error) {
      settle(false);
      if (error instanceof AppError && fatal.includes(error.code)) throw error;
      const reason = toWireError(isSystemError(error) ? unreadable(path, error) : error);
      return { outcome: reason.code === 'file-unsupported' ? 'skipped' : 'failed', path, reason };
    }
  }
}

const isSystemError = (error: unknown) =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';

async function hashFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal });
  } catch (error) {
    throw signal.aborted ? new AppError('cancelled') : error;
  }
  return hash.digest('hex');
}
