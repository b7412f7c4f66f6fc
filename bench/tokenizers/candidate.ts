/** What the race of tokenizers needs to know of a structure. */
import type { Weights } from '#main/ml/nn/parameters.ts';
import type { Levels } from '#main/ml/tokenizer/fsq.ts';
import type { Task } from '#main/ml/training/gradient-graph.ts';
import type { Batch } from '#main/workers/runtime/trainer.ts';
import type { Compute } from '#main/workers/runtime/session.ts';

export interface Copier {
  /** A window frames_THWC (uint8 RGB) through codes and back, with its tokens. */
  copy(window: Uint8Array): Promise<{ frames: Uint8Array; tokens: ArrayLike<number> }>;
  dispose(): Promise<void>;
}

export interface Candidate {
  name: string;
  levels: Levels;
  task(batch: number): Task;
  batch(windows: readonly Uint8Array[]): Batch;
  open(weights: Weights, compute: Compute): Promise<Copier>;
}
