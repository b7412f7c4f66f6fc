/** `reelwright snapshots`, `runs` and `jobs`: what there is, with the ids that other commands take. */
import type { Command } from 'commander';
import { errorMessage } from '#shared/errors/app-error.ts';
import type { RunCommand } from '../command-context.ts';
import { exitCode } from '../exit-codes.ts';
import { formatLoss, table } from '../format.ts';

export function addLists(program: Command, runCommand: RunCommand): void {
  program
    .command('snapshots')
    .description('list the snapshots')
    .action(() =>
      runCommand(async ({ engine, terminal }) => {
        const { snapshots } = await engine.call('splits.listSnapshots', {});
        const rows = snapshots.map(({ id, name, parts }) => [
          id,
          name,
          parts.map(({ split, clips }) => `${split} ${clips}`).join(', '),
        ]);
        terminal.result(snapshots, rows.length ? table(['id', 'name', 'clips'], rows) : 'No snapshots yet.');
        return exitCode.ok;
      }),
    );

  program
    .command('runs')
    .description('list the training runs')
    .action(() =>
      runCommand(async ({ engine, terminal }) => {
        const { runs } = await engine.call('training.listRuns', {});
        const rows = runs.map(({ id, name, job, valLossBefore, valLossBest }) => [
          id,
          name,
          job.status,
          `${formatLoss(valLossBefore)} → ${formatLoss(valLossBest)}`,
        ]);
        terminal.result(
          runs,
          rows.length ? table(['id', 'name', 'status', 'held-out loss'], rows) : 'No runs yet.',
        );
        return exitCode.ok;
      }),
    );

  program
    .command('jobs')
    .description('list the jobs, newest first')
    .action(() =>
      runCommand(async ({ engine, terminal }) => {
        const { jobs } = await engine.call('jobs.list', {});
        const rows = jobs.map(({ id, kind, status, title, error }) => [
          id,
          kind,
          status,
          error ? `${title}: ${errorMessage(error, terminal.language)}` : title,
        ]);
        terminal.result(jobs, rows.length ? table(['id', 'kind', 'status', 'title'], rows) : 'No jobs yet.');
        return exitCode.ok;
      }),
    );
}
