/** `reelwright split`: divides the clips into train, val and test by groups, as an immutable snapshot. */
import type { Command } from 'commander';
import type { SplitPreview, SplitRatio } from '#shared/contract/splits.ts';
import type { RunCommand } from '../command-context.ts';
import { exitCode } from '../exit-codes.ts';
import { formatDuration, table } from '../format.ts';
import { ratio, wholeNumber } from '../option-parsers.ts';

interface SplitOptions {
  ratio: SplitRatio;
  seed: number;
  query: string;
  name?: string;
  dryRun?: true;
}

export function addSplit(program: Command, runCommand: RunCommand): void {
  program
    .command('split')
    .description('divide the clips into train, val and test; clips that belong together never part')
    .option('--ratio <train/val/test>', 'shares of the three parts', ratio, { train: 80, val: 10, test: 10 })
    .option('--seed <number>', 'another seed, another division', wholeNumber, 1)
    .option('--query <words>', 'only clips found by these words', '')
    .option('--name <name>', 'name of the snapshot')
    .option('--dry-run', 'show the division, store nothing')
    .action(({ name, dryRun, ...request }: SplitOptions) =>
      runCommand(async ({ engine, terminal }) => {
        const preview = await engine.call('splits.preview', request);
        if (dryRun) {
          terminal.result(preview, describe(preview));
          return exitCode.ok;
        }
        const snapshotName = name ?? `Split of ${new Date().toISOString().slice(0, 16).replace('T', ' ')}`;
        const snapshot = await engine.call('splits.createSnapshot', { name: snapshotName, request });
        terminal.result(snapshot, `${describe(preview)}\nSnapshot ${snapshot.id} “${snapshot.name}”`);
        return exitCode.ok;
      }),
    );
}

function describe(preview: SplitPreview): string {
  const parts = table(
    ['part', 'clips', 'groups', 'length'],
    preview.parts.map(({ split, clips, groups, seconds }) => [split, clips, groups, formatDuration(seconds)]),
  );
  const { closestPair } = preview;
  const closest = closestPair
    ? `Closest pair across parts: ${closestPair.a.name} and ${closestPair.b.name}, ` +
      `${closestPair.distance.toFixed(1)} of 64 bits apart (${preview.pairsChecked} pairs compared).`
    : '';
  const uncaptioned = preview.uncaptioned > 0 ? `${preview.uncaptioned} clips have no caption.` : '';
  return [parts, closest, uncaptioned].filter(Boolean).join('\n');
}
