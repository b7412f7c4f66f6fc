/** `reelwright eval`: how well a run does on clips it has not seen. */
import { Option, type Command } from 'commander';
import type { SplitName } from '#shared/contract/common.ts';
import type { EvalOptions } from '#shared/contract/evaluation.ts';
import type { Device } from '#shared/contract/system.ts';
import type { RunCommand } from '../command-context.ts';
import { evalTable } from '../eval-table.ts';
import { exitCode } from '../exit-codes.ts';
import { followJob } from '../follow-job.ts';
import { deviceOption, wholeNumber } from '../option-parsers.ts';
import { pickRun } from '../pick.ts';

type Options = Partial<EvalOptions> & { run?: string; split: SplitName; device?: Device };

export function addEval(program: Command, runCommand: RunCommand): void {
  program
    .command('eval')
    .description('measure a run on clips that it was not trained on')
    .option('--run <id or name>', 'which run (default: the newest)')
    .addOption(new Option('--split <part>', 'which part').choices(['train', 'val', 'test']).default('test'))
    .option('--clips <number>', 'at most so many clips of the part (default: all)', wholeNumber)
    .option('--quick', 'leave out whatever needs takes')
    .addOption(deviceOption())
    .action(({ run: wanted, ...options }: Options) =>
      runCommand(async (context) => {
        const { engine, terminal } = context;
        const run = await pickRun(context, wanted);
        const job = await followJob(context, () =>
          engine.call('training.evaluate', { runId: run.id, ...options }),
        );
        const report = await engine.call('training.evalReport', { jobId: job.id });
        terminal.result(report, evalTable(report));
        return exitCode.ok;
      }),
    );
}
