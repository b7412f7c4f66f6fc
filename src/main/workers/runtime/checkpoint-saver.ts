/**
 * Saves checkpoints while training goes on. Hashing, writing and syncing happen on a thread beside the one that graphs block;
 * training only waits for a copy of its state. One save is under way at a time, so that checkpoints appear in the order of
 * their steps; one that is still under way when the process is killed has not happened.
 */
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { WireError } from '#shared/contract/common.ts';
import type { Device } from '#shared/contract/system.ts';
import { fromWireError } from '#shared/errors/app-error.ts';
import type { CheckpointDraft, Rotation } from './checkpoint-store.ts';
import type { FileContents } from './write-folder.ts';

export interface SaveRequest {
  checkpoints: string;
  draft: CheckpointDraft;
  files: ReadonlyMap<string, FileContents>;
  /** Done when the checkpoint is in its place. */
  rotation: Rotation;
}

/** Null when the checkpoint is on disk and the others have been rotated. */
export interface SaveReply {
  error: WireError | null;
}

export class CheckpointSaver {
  readonly #thread = new Worker(threadEntry());
  #underWay: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  constructor() {
    this.#thread.on('error', (error: Error) => {
      this.#failure = error;
    });
  }

  /**
   * Resolves when the thread has taken over; `saved` is called once all is on disk. The memory of `handedOver` belongs to the thread
   * from then on. Throws what an earlier save failed with, e.g. AppError `disk-full`.
   */
  async save(request: SaveRequest, handedOver: readonly ArrayBuffer[], saved: () => void): Promise<void> {
    await this.finish();
    this.#underWay = this.#run(request, handedOver).then(saved, (error: Error) => {
      this.#failure = error;
    });
  }

  /** Resolves when everything is on disk; throws what failed. */
  async finish(): Promise<void> {
    await this.#underWay;
    this.check();
  }

  /** Throws what a save failed with. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  async dispose(): Promise<void> {
    await this.#underWay;
    await this.#thread.terminate();
  }

  #run(request: SaveRequest, handedOver: readonly ArrayBuffer[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error('The thread that saves checkpoints has ended'));
      this.#thread.once('exit', ended);
      this.#thread.once('message', ({ error }: SaveReply) => {
        this.#thread.off('exit', ended);
        if (error) reject(fromWireError(error));
        else resolve();
      });
      this.#thread.postMessage(request, handedOver);
    });
  }
}

/** The thread's module lies among the entries of workers, in the source as in the bundle. */
function threadEntry(): string {
  const { filename } = import.meta;
  return filename.endsWith('.ts')
    ? join(dirname(filename), '..', 'save-thread.ts')
    : join(dirname(process.argv[1]!), 'save-thread.js');
}

/** What of a trainer's state can be handed over. What was read from another device lies in memory of the runtime, and cannot. */
export function memoryOf(state: ReadonlyMap<string, readonly Uint8Array[]>, device: Device): ArrayBuffer[] {
  return device === 'cpu' ? [...state.values()].flat().map(({ buffer }) => buffer as ArrayBuffer) : [];
}
