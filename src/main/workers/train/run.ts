/** What all phases of a training run share: the spec, the clips, and the ways to report. */
import type { ClipSource, SnapshotFile, TrainSpec } from '#shared/contract/workers.ts';
import { evaluatedClips } from '#shared/domain/stage-counts.ts';
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

/** Throws AppError `no-clips` when nothing is there to train on. */
export async function openRun(spec: TrainSpec, context: WorkerContext): Promise<TrainingRun> {
  const snapshot = await readSnapshot(spec.snapshotPath);
  const part = (split: string) => snapshot.members.filter((member) => member.split === split);
  const train = part('train');
  const val = part('val');
  if (train.length === 0) throw new AppError('no-clips');
  return {
    spec,
    context,
    snapshot,
    train,
    val: val.slice(0, evaluatedClips(train.length, val.length)),
    windows: createWindowCache(spec.cacheFolder, spec.config.window, spec.tools),
    checkpoints: checkpointsFolder(spec.runFolder),
  };
}
