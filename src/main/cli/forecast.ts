/** The forecast of a run on the command line: measured where it has to be, and told as tables. */
import type { Forecast, Fit, Needs, Proposal } from '#shared/contract/forecast.ts';
import type { Device } from '#shared/contract/system.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';
import { diskBytes, totalSeconds } from '#shared/domain/needs.ts';
import type { CommandContext } from './command-context.ts';
import { followJob } from './follow-job.ts';
import { formatBytes, formatDuration, table } from './format.ts';

export interface PlannedRun {
  snapshotId: string;
  config: TrainingConfig;
  device?: Device | undefined;
}

/** Measures by a dry run unless that was done before (or `anew`), or the run is plainly too large to try. */
export async function forecastRun(
  context: CommandContext,
  run: PlannedRun,
  { anew = false } = {},
): Promise<Forecast> {
  const { engine } = context;
  const known = await engine.call('forecast.get', run);
  const isHopeless = known.measuredAt === null && known.fit === 'does-not-fit';
  if (isHopeless || (known.measuredAt !== null && !anew)) return known;
  await followJob(context, () => engine.call('forecast.measure', run));
  return engine.call('forecast.get', run);
}

const fits: Record<Fit, string> = { fits: 'fits', tight: 'tight', 'does-not-fit': 'does not fit' };

export function describeForecast({
  needs,
  room,
  memory,
  disk,
  fit,
  proposals,
  measuredAt,
}: Forecast): string {
  const { seconds } = needs;
  const source = measuredAt === null ? 'estimated by rule, nothing was measured' : 'measured on this machine';
  const phases: [string, string, string][] = seconds
    ? [
        ['decode clips', formatDuration(seconds.decode), ''],
        ['train the tokenizer', formatDuration(seconds.tokenizer), ''],
        ['encode clips', formatDuration(seconds.encode), ''],
        ['train the GPT', formatDuration(seconds.gpt), ''],
        ['time in all', formatDuration(totalSeconds(seconds)), ''],
      ]
    : [];
  const free = (bytes: number, verdict: Fit) => `of ${formatBytes(bytes)} free: ${fits[verdict]}`;
  return [
    `Forecast (${source}):`,
    table(
      ['what', 'needs', 'here'],
      [
        ...phases,
        ['memory', formatBytes(needs.memoryBytes), free(room.memoryFree, memory)],
        ['disk', formatBytes(diskBytes(needs)), free(room.diskFree, disk)],
      ],
    ),
    ...(fit === 'does-not-fit' ? [describeProposals(proposals)] : []),
  ].join('\n');
}

function describeProposals(proposals: readonly Proposal[]): string {
  if (proposals.length === 0) return 'No smaller settings were found that would fit.';
  return [
    'These settings would fit (estimated):',
    ...proposals.map(({ changes, needs }) => {
      const settings = changes.map(({ setting, to }) => `--set ${setting}=${to}`);
      return `  ${settings.join(' ')}  (${describeNeeds(needs)})`;
    }),
  ].join('\n');
}

function describeNeeds(needs: Needs): string {
  return [
    ...(needs.seconds ? [formatDuration(totalSeconds(needs.seconds))] : []),
    `${formatBytes(needs.memoryBytes)} of memory`,
    `${formatBytes(diskBytes(needs))} on the disk`,
  ].join(', ');
}
