/** What runs will take: finds what a dry run measured, and works out time, memory, disk, and whether that fits here. */
import { createHash } from 'node:crypto';
import type { Forecast, forecastProcedures, RunCosts } from '#shared/contract/forecast.ts';
import { diskBytes } from '#shared/domain/needs.ts';
import { evaluatedClips } from '#shared/domain/stage-counts.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { costSettings } from '#main/ml/forecast/cost-settings.ts';
import { judge, judgeGuess, needsOf } from '#main/ml/forecast/needs.ts';
import { proposalsFor } from '#main/ml/forecast/proposals.ts';
import { stageSizes } from '#main/ml/forecast/sizes.ts';
import type { ClipCounts } from '#main/ml/forecast/work.ts';
import type { EngineContext } from '../context.ts';
import { findRunCosts, saveRunCosts, type MeasuredCosts } from '../db/repositories/run-costs.ts';
import { findSnapshot } from '../db/repositories/snapshots.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { Compute, DeviceWish } from './compute.ts';
import type { HandlersOf } from './handlers-of.ts';
import { machineRoom } from './machine-room.ts';

/** A run that is thought of: what it would train on, and how. */
export interface PlannedRun extends DeviceWish {
  snapshotId: string;
  config: TrainingConfig;
}

export interface Forecasts {
  /** The newest measurement that holds for the run on the chosen device, if there is one. */
  measured(run: PlannedRun): Promise<MeasuredCosts | undefined>;
  store(run: PlannedRun, costs: RunCosts): Promise<void>;
  /** Throws not-found, or invalid-input for settings that do not go together. */
  get(run: PlannedRun): Promise<Forecast>;
  /** Throws run-does-not-fit. */
  requireFit(run: PlannedRun): Promise<void>;
}

export function createForecasts({ db, workspace }: EngineContext, compute: Compute): Forecasts {
  async function keyOf({ snapshotId, config, device: wish }: PlannedRun): Promise<string> {
    const { device, threads } = await compute.device(wish);
    return createHash('sha256')
      .update(JSON.stringify([snapshotId, device, threads, costSettings(config)]))
      .digest('hex');
  }

  const measured = async (run: PlannedRun) => findRunCosts(db, await keyOf(run));

  async function get(run: PlannedRun): Promise<Forecast> {
    requireSoundModels(run.config);
    const clips = await clipsOf(run.snapshotId);
    const known = await measured(run);
    const costs = known?.costs ?? null;
    const needs = needsOf(run.config, costs?.clips ?? clips, costs);
    const room = await machineRoom(workspace.root);
    const judgement = costs ? judge(needs, room) : judgeGuess(needs, room);
    return {
      measuredAt: known?.measuredAt ?? null,
      costs,
      needs,
      room,
      ...judgement,
      proposals:
        judgement.fit === 'does-not-fit' ? proposalsFor(run.config, costs?.clips ?? clips, costs, room) : [],
    };
  }

  /** As far as the snapshot tells; which clips have been decoded only a worker knows. */
  async function clipsOf(snapshotId: string): Promise<ClipCounts> {
    const snapshot = await findSnapshot(db, snapshotId);
    if (!snapshot) throw new AppError('not-found', { what: 'snapshot', id: snapshotId });
    const count = (part: string) => snapshot.parts.find(({ split }) => split === part)?.clips ?? 0;
    const train = count('train');
    if (train === 0) throw new AppError('no-clips');
    const val = evaluatedClips(train, count('val'));
    return { train, val, undecoded: train + val };
  }

  return {
    measured,
    store: async (run, costs) => saveRunCosts(db, await keyOf(run), { costs, measuredAt: Date.now() }),
    get,
    requireFit: async (run) => {
      const { fit, needs, room } = await get(run);
      if (fit !== 'does-not-fit') return;
      throw new AppError('run-does-not-fit', {
        memory: gigabytes(needs.memoryBytes),
        memoryFree: gigabytes(room.memoryFree),
        disk: gigabytes(diskBytes(needs)),
        diskFree: gigabytes(room.diskFree),
      });
    },
  };
}

export function forecastHandlers(
  forecasts: Forecasts,
  queue: JobQueue,
): HandlersOf<typeof forecastProcedures> {
  return {
    'forecast.measure': async (request) => {
      // Throws what is wrong with the request; a run too large for this machine is not tried out.
      const { fit, measuredAt } = await forecasts.get(request);
      if (fit === 'does-not-fit' && measuredAt === null) await forecasts.requireFit(request);
      return queue.add({ kind: 'forecast', title: '', request });
    },
    'forecast.get': (planned) => forecasts.get(planned),
  };
}

function requireSoundModels(config: TrainingConfig): void {
  try {
    stageSizes(config);
  } catch (error) {
    throw new AppError('invalid-input', { field: 'config', problem: (error as Error).message });
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
