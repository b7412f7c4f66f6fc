/** Finds the run or snapshot that a command means: an id, a name, or the newest one when nothing is said. */
import type { Snapshot } from '#shared/contract/splits.ts';
import type { Run } from '#shared/contract/training.ts';
import { AppError } from '#shared/errors/app-error.ts';
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
