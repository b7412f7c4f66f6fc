/** `reelwright caption`: the model describes clips; nothing is changed unless it is told to. */
import type { Command } from 'commander';
import type { Clip } from '#shared/contract/library.ts';
import type { Device } from '#shared/contract/system.ts';
import type { CommandContext, RunCommand } from '../command-context.ts';
import { exitCode } from '../exit-codes.ts';
import { followJob } from '../follow-job.ts';
import { table } from '../format.ts';
import { deviceOption } from '../option-parsers.ts';
import { pickModel } from '../pick.ts';

interface CaptionOptions {
  run?: string;
  query: string;
  all?: true;
  apply?: true;
  device?: Device;
}

const pageSize = 500;

export function addCaption(program: Command, runCommand: RunCommand): void {
  program
    .command('caption')
    .description('let a model describe clips that have no caption yet')
    .option(
      '--run <id or name>',
      'which run, or “base” (default: the newest that is trained, else the base model)',
    )
    .option('--query <words>', 'only clips found by these words', '')
    .option('--all', 'also clips that have a caption')
    .option('--apply', 'take the suggestions over as captions')
    .addOption(deviceOption())
    .action(({ run: wanted, query, all, apply, device }: CaptionOptions) =>
      runCommand(async (context) => {
        const { engine, terminal } = context;
        const model = await pickModel(context, wanted);
        const clips = await findClips(context, query, !all);
        if (clips.length === 0) {
          terminal.result(
            { suggestions: [], applied: false },
            'No such clip is without a caption; --all takes every clip.',
          );
          return exitCode.ok;
        }
        const job = await followJob(context, () =>
          engine.call('captions.suggest', { runId: model.id, clipIds: clips.map((clip) => clip.id), device }),
        );
        const { suggestions } = await engine.call('captions.suggestions', { jobId: job.id });
        if (apply) {
          for (const { clipId, text } of suggestions) {
            await engine.call('library.setCaption', { clipId, caption: text });
          }
        }
        const names = new Map(clips.map((clip) => [clip.id, clip.name]));
        terminal.result(
          { suggestions, applied: apply ?? false },
          table(
            ['clip', 'suggestion'],
            suggestions.map(({ clipId, text }) => [names.get(clipId) ?? clipId, text]),
          ),
        );
        return exitCode.ok;
      }),
    );
}

async function findClips(
  { engine }: CommandContext,
  query: string,
  uncaptionedOnly: boolean,
): Promise<Clip[]> {
  const found: Clip[] = [];
  for (;;) {
    const page = await engine.call('library.list', {
      query,
      uncaptionedOnly,
      offset: found.length,
      limit: pageSize,
    });
    found.push(...page.clips);
    if (page.clips.length === 0 || found.length >= page.total) return found;
  }
}
