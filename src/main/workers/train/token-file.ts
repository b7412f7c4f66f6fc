/**
 * What is coded of all clips of a run in one file: records of one size, so that a clip is a single read at a known place. Node
 * cannot map files into memory without a native add-on; reads at a position come closest: the operating system's page cache
 * does what a mapping would do, they run on a thread of their own while a graph blocks the event loop, and of a data set of
 * any size only the clips in hand are in memory. The file ends with the SHA-256 of all before it.
 */
import { createHash, type Hash } from 'node:crypto';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { explainDiskFull } from '#shared/errors/disk-full.ts';
import { unfinishedPath } from '../runtime/write-atomic.ts';

const HASH_BYTES = 32;
/** How much is in memory at once while the hash is checked. */
const BLOCK_BYTES = 1 << 20;

export interface TokenRecords {
  /** Clips. */
  count: number;
  /** Numbers a clip. */
  length: number;
}

export class TokenFile {
  readonly #file: FileHandle;
  readonly #records: TokenRecords;

  private constructor(file: FileHandle, records: TokenRecords) {
    this.#file = file;
    this.#records = records;
  }

  /** Null unless the file is there, whole, and of this size; then it is to be written anew. */
  static async open(path: string, records: TokenRecords): Promise<TokenFile | null> {
    const file = await open(path, 'r').catch(() => null);
    if (!file) return null;
    if (await isWhole(file, records)) return new TokenFile(file, records);
    await file.close();
    return null;
  }

  /** Writes the file, which is there whole or not at all; `tokensOf` gives the numbers of one clip after another. */
  static async write(
    path: string,
    { count, length }: TokenRecords,
    tokensOf: (record: number) => Promise<Int32Array>,
  ): Promise<void> {
    const unfinished = unfinishedPath(path);
    try {
      await mkdir(dirname(path), { recursive: true });
      const file = await open(unfinished, 'w');
      try {
        const hash = createHash('sha256');
        for (let record = 0; record < count; record++) {
          const tokens = await tokensOf(record);
          if (tokens.length !== length) throw new Error(`${tokens.length} tokens where ${length} belong`);
          await append(file, hash, tokens);
        }
        await file.write(hash.digest());
      } finally {
        await file.close();
      }
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw explainDiskFull(error, path);
    }
  }

  /** The numbers of a clip. */
  async read(record: number): Promise<Int32Array> {
    const { count, length } = this.#records;
    if (record < 0 || record >= count) throw new Error(`There are no tokens of clip ${record}`);
    const tokens = new Int32Array(length);
    const { bytesRead } = await this.#file.read(tokens, 0, tokens.byteLength, record * tokens.byteLength);
    if (bytesRead !== tokens.byteLength) throw new Error(`The tokens of clip ${record} are cut short`);
    return tokens;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function append(file: FileHandle, hash: Hash, tokens: Int32Array): Promise<void> {
  const bytes = new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength);
  hash.update(bytes);
  await file.write(bytes);
}

async function isWhole(file: FileHandle, { count, length }: TokenRecords): Promise<boolean> {
  const bytes = count * length * Int32Array.BYTES_PER_ELEMENT;
  if ((await file.stat()).size !== bytes + HASH_BYTES) return false;
  const hash = createHash('sha256');
  const block = Buffer.alloc(Math.min(BLOCK_BYTES, bytes));
  for (let at = 0; at < bytes;) {
    const { bytesRead } = await file.read(block, 0, Math.min(block.length, bytes - at), at);
    if (bytesRead === 0) return false;
    hash.update(block.subarray(0, bytesRead));
    at += bytesRead;
  }
  const { buffer } = await file.read(Buffer.alloc(HASH_BYTES), 0, HASH_BYTES, bytes);
  return hash.digest().equals(buffer);
}
