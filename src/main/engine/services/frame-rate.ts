/** How fast takes play. */
import type { RunRow } from '../db/repositories/runs.ts';
import type { Workspace } from '../workspace.ts';
import { readSnapshotFile } from './snapshot-file.ts';

const FRAME_RATES = { least: 4, most: 30 };

/** Of the takes of a run. */
export async function frameRateOf(
  workspace: Workspace,
  { snapshotId, config }: Pick<RunRow, 'snapshotId' | 'config'>,
): Promise<number> {
  const { members } = await readSnapshotFile(workspace, snapshotId);
  return naturalFrameRate(
    config.window.frames,
    members.map(({ start, end }) => end - start),
  );
}

/** A window spreads its frames over a whole clip, so a take plays at the pace of the clip of middle length. */
export function naturalFrameRate(frames: number, durations: number[]): number {
  const moving = durations.filter((seconds) => seconds > 0).toSorted((a, b) => a - b);
  const middle = moving[Math.floor(moving.length / 2)];
  if (middle === undefined) return 12;
  const rate = Math.round((frames / middle) * 100) / 100;
  return Math.min(FRAME_RATES.most, Math.max(FRAME_RATES.least, rate));
}
