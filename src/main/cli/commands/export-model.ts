/** `reelwright export-model`: a run becomes a folder that can be shared, and started from. */
import { Option, type Command } from 'commander';
import { resolve } from 'node:path';
import { modelPrecision, type ModelPrecision } from '#shared/contract/models.ts';
import type { RunCommand } from '../command-context.ts';
import { exitCode } from '../exit-codes.ts';
import { followJob } from '../follow-job.ts';
import { pickRun } from '../pick.ts';

interface ExportOptions {
  run?: string;
  out: string;
  name?: string;
  modelVersion?: string;
  licence?: string;
  precision?: ModelPrecision;
  overwrite?: true;
}

export function addExportModel(program: Command, runCommand: RunCommand): void {
  program
    .command('export-model')
    .description('make a folder of a run that can be shared: its weights, a manifest with hashes, a card')
    .option('--run <id or name>', 'which run (default: the newest)')
    .requiredOption('--out <folder>', 'the folder to make')
    .option('--name <name>', 'name of the model (default: that of the run)')
    .option('--model-version <version>', 'version of the model (default: 1.0.0)')
    .option('--licence <licence>', 'the terms under which it is shared')
    .addOption(
      new Option('--precision <precision>', 'how weights are stored (default: float16)').choices(
        modelPrecision.options,
      ),
    )
    .option('--overwrite', 'replace the model that is in the folder')
    .action(({ run: wanted, out, modelVersion: version, ...asked }: ExportOptions) =>
      runCommand(async (context) => {
        const run = await pickRun(context, wanted);
        const folder = resolve(out);
        await followJob(context, () =>
          context.engine.call('models.export', { ...asked, runId: run.id, folder, version }),
        );
        context.terminal.result({ runId: run.id, folder }, folder);
        return exitCode.ok;
      }),
    );
}
