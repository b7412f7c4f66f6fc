/** `reelwright eval`: how well a run does on clips it has not seen. */
import { Option, type Command } from 'commander';
import { resolve } from 'node:path';
import type { SplitName } from '#shared/contract/common.ts';
import type { Device } from '#shared/contract/system.ts';
import { samplingPreset, type SamplingPreset } from '#shared/domain/sampling-presets.ts';
import type { RunCommand } from '../command-context.ts';
import { evalTable } from '../eval-table.ts';
import { exitCode } from '../exit-codes.ts';
import { followJob } from '../follow-job.ts';
import { decimal, deviceOption, wholeNumber } from '../option-parsers.ts';
import { pickRun } from '../pick.ts';
import { readPrompts } from '../prompts-file.ts';

interface Options {
  run?: string;
  split: SplitName;
  clips?: number;
  quick?: true;
  sample?: number;
  prompts?: string;
  takes?: number;
  grid?: string;
  preset?: SamplingPreset;
  guidance?: number;
  seed?: number;
  device?: Device;
}

export function addEval(program: Command, runCommand: RunCommand): void {
  program
    .command('eval')
    .description('measure a run on clips that it was not trained on')
    .option('--run <id or name>', 'which run (default: the newest)')
    .addOption(new Option('--split <part>', 'which part').choices(['train', 'val', 'test']).default('test'))
    .option('--clips <number>', 'at most so many clips of the part (default: all)', wholeNumber)
    .option('--quick', 'leave out whatever needs takes')
    .option('--sample <number>', 'captions of the part of which takes are made (default: 8)', wholeNumber)
    .option('--prompts <file>', 'also make takes of these prompts, one a line; # begins a remark')
    .option('--takes <number>', 'takes of each, with one seed after the other (default: 2)', wholeNumber)
    .option('--grid <folder>', 'draw the takes there: grid.webp, contact-sheet.png, prompts.txt')
    .addOption(
      new Option('--preset <name>', 'speed against care of takes (default: balanced)').choices(
        samplingPreset.options,
      ),
    )
    .option('--guidance <scale>', 'how closely takes follow their prompts; 1 is not at all', decimal)
    .option('--seed <number>', 'of the first take of each', wholeNumber)
    .addOption(deviceOption())
    .action((options: Options) =>
      runCommand(async (context) => {
        const { engine, terminal } = context;
        const { run: wanted, prompts, grid, guidance, seed, ...rest } = options;
        const run = await pickRun(context, wanted);
        const request = {
          ...rest,
          runId: run.id,
          prompts: prompts === undefined ? [] : await readPrompts(prompts),
          sampling: { guidance, seed },
          gridFolder: grid === undefined ? null : resolve(grid),
        };
        const job = await followJob(context, () => engine.call('training.evaluate', request));
        const report = await engine.call('training.evalReport', { jobId: job.id });
        terminal.result(report, evalTable(report));
        return exitCode.ok;
      }),
    );
}
