/** What all phases of a training run share: the spec, the clips, and the ways to report. */
import type { ClipSource, SnapshotFile, TrainSpec } from '#shared/contract/workers.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { checkpointsFolder } from '../runtime/checkpoint-store.ts';
import { readSnapshot } from '../runtime/read-snapshot.ts';
import type { WorkerContext } from '../runtime/serve-worker.ts';
import { createWindowCache, type WindowCache } from '../runtime/window-cache.ts';

export interface TrainingRun {
  readonly spec: TrainSpec;
  readonly context: WorkerContext;
  readonly snapshot: SnapshotFile;
  readonly train: readonly ClipSource[];
  /** Held-out clips that are evaluated; may be fewer than the snapshot has, see `openRun`. */
  readonly val: readonly ClipSource[];
  readonly windows: WindowCache;
  readonly checkpoints: string;
}

/** Evaluation must not outweigh the epoch before it: so many held-out clips, or a quarter of the train split, are enough. */
const MIN_VAL_CLIPS = 16;

/** Throws AppError `no-clips` when nothing is there to train on. */
export async function openRun(spec: TrainSpec, context: WorkerContext): Promise<TrainingRun> {
  const snapshot = await readSnapshot(spec.snapshotPath);
  const part = (split: string) => snapshot.members.filter((member) => member.split === split);
  const train = part('train');
  if (train.length === 0) throw new AppError('no-clips');
  return {
    spec,
    context,
    snapshot,
    train,
    val: part('val').slice(0, Math.max(MIN_VAL_CLIPS, Math.ceil(train.length / 4))),
    windows: createWindowCache(spec.cacheFolder, spec.config.window, spec.tools),
    checkpoints: checkpointsFolder(spec.runFolder),
  };
}
