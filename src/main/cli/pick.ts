/** Finds the run, model or snapshot that a command means: an id, a name, or the newest one when nothing is said. */
import { BASE_MODEL, type ModelId } from '#shared/contract/models.ts';
import type { Snapshot } from '#shared/contract/splits.ts';
import type { Run } from '#shared/contract/training.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';
import { AppError, fromWireError } from '#shared/errors/app-error.ts';
import type { CommandContext } from './command-context.ts';

export async function pickSnapshot(
  { engine }: CommandContext,
  wanted: string | undefined,
): Promise<Snapshot> {
  const { snapshots } = await engine.call('splits.listSnapshots', {});
  return pick('snapshot', snapshots, wanted);
}

export async function pickRun({ engine }: CommandContext, wanted: string | undefined): Promise<Run> {
  const { runs } = await engine.call('training.listRuns', {});
  return pick('run', runs, wanted);
}

/** A model that can generate, describe clips, or be the start of a run. */
export interface PickedModel {
  id: ModelId;
  /** As it is told to a user. */
  label: string;
  config: TrainingConfig;
}

/** `base` is the base model; so is nothing, where no run is trained. Throws not-found, and why the base model cannot be used. */
export async function pickModel(context: CommandContext, wanted: string | undefined): Promise<PickedModel> {
  if (wanted === BASE_MODEL) return pickBaseModel(context);
  const { runs } = await context.engine.call('training.listRuns', {});
  const trained = runs.filter(({ canGenerate }) => canGenerate);
  if (wanted === undefined && trained.length === 0) return pickBaseModel(context);
  const { id, name, config } = pick('run', wanted === undefined ? trained : runs, wanted);
  return { id, label: name, config };
}

async function pickBaseModel({ engine }: CommandContext): Promise<PickedModel> {
  const { model, problem } = await engine.call('models.base', {});
  if (!model) throw fromWireError(problem!);
  const { name, version, sha256, config } = model;
  return { id: BASE_MODEL, label: `${name} ${version} (${sha256.slice(0, 8)})`, config };
}

/** Throws not-found, which says what was looked for. */
export function pick<T extends { id: string; name: string; createdAt: number }>(
  what: string,
  items: readonly T[],
  wanted: string | undefined,
): T {
  const newestFirst = items.toSorted((a, b) => b.createdAt - a.createdAt || b.id.localeCompare(a.id));
  const found =
    wanted === undefined
      ? newestFirst[0]
      : newestFirst.find(({ id, name }) => id === wanted || name === wanted);
  if (!found) throw new AppError('not-found', { what, id: wanted ?? '' });
  return found;
}
