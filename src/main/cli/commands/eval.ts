/** `reelwright eval`: how well a run does on clips it has not seen. */
import { Option, type Command } from 'commander';
import type { SplitName } from '#shared/contract/common.ts';
import type { Device } from '#shared/contract/system.ts';
import type { EvalReport } from '#shared/contract/training.ts';
import type { RunCommand } from '../command-context.ts';
import { exitCode } from '../exit-codes.ts';
import { followJob } from '../follow-job.ts';
import { formatLoss, table } from '../format.ts';
import { deviceOption } from '../option-parsers.ts';
import { pickRun } from '../pick.ts';

export function addEval(program: Command, runCommand: RunCommand): void {
  program
    .command('eval')
    .description('measure a run on clips that it was not trained on')
    .option('--run <id or name>', 'which run (default: the newest)')
    .addOption(new Option('--split <part>', 'which part').choices(['train', 'val', 'test']).default('test'))
    .addOption(deviceOption())
    .action(({ run: wanted, ...options }: { run?: string; split: SplitName; device?: Device }) =>
      runCommand(async (context) => {
        const { engine, terminal } = context;
        const run = await pickRun(context, wanted);
        const job = await followJob(context, () =>
          engine.call('training.evaluate', { runId: run.id, ...options }),
        );
        const report = await engine.call('training.evalReport', { jobId: job.id });
        terminal.result(report, describe(report));
        return exitCode.ok;
      }),
    );
}

function describe(report: EvalReport): string {
  return table(
    ['measure', report.split],
    [
      ['clips', String(report.clips)],
      ['token loss (nats)', formatLoss(report.tokenLoss)],
      ['perplexity', report.perplexity.toFixed(1)],
      ['caption loss (nats)', formatLoss(report.captionLoss)],
      ['PSNR (dB)', report.psnr.toFixed(2)],
      ['SSIM', report.ssim.toFixed(3)],
      ['codebook in use', `${(report.codebookUse * 100).toFixed(1)} %`],
    ],
  );
}
