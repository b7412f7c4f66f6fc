/** What the parts of an evaluation share. */
import type { EvalSpec, SnapshotFile } from '#shared/contract/workers.ts';
import type { LoadedModel } from '../runtime/load-checkpoint.ts';
import type { WorkerContext } from '../runtime/serve-worker.ts';
import type { WindowCache } from '../runtime/window-cache.ts';

export type Member = SnapshotFile['members'][number];

export interface Evaluation {
  readonly spec: EvalSpec;
  readonly context: WorkerContext;
  readonly model: LoadedModel;
  /** Of the split that is measured. */
  readonly clips: readonly Member[];
  readonly trainClips: readonly Member[];
  readonly windows: WindowCache;
}
