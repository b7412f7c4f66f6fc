/** `reelwright import`: files and folders into the library. */
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { errorMessage } from '#shared/errors/app-error.ts';
import type { RunCommand } from '../command-context.ts';
import { exitCode } from '../exit-codes.ts';
import { followJob } from '../follow-job.ts';

export function addImport(program: Command, runCommand: RunCommand): void {
  program
    .command('import')
    .description('bring files and folders (recursively) into the library; originals are only read')
    .argument('<paths...>', 'files or folders')
    .action((paths: string[]) =>
      runCommand(async (context) => {
        const { engine, terminal } = context;
        const absolute = paths.map((path) => resolve(path));
        const job = await followJob(context, () => engine.call('imports.start', { paths: absolute }));
        const report = await engine.call('imports.report', { jobId: job.id });
        const counts =
          `${report.imported} imported, ${report.duplicates} already there, ` +
          `${report.skipped} skipped, ${report.failed} failed`;
        const reasons = report.items.map(
          ({ outcome, path, reason }) =>
            `  ${outcome}: ${reason ? errorMessage(reason, terminal.language) : path}`,
        );
        terminal.result(report, [counts, ...reasons].join('\n'));
        if (report.failed === 0) return exitCode.ok;
        return report.imported + report.duplicates > 0 ? exitCode.partial : exitCode.failed;
      }),
    );
}
