/** `reelwright generate`: a prompt becomes a clip, as an MP4. */
import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { Sampling, Take } from '#shared/contract/generation.ts';
import type { Device } from '#shared/contract/system.ts';
import { AppError, fromWireError } from '#shared/errors/app-error.ts';
import type { CommandContext, RunCommand } from '../command-context.ts';
import { exitCode } from '../exit-codes.ts';
import { followJob } from '../follow-job.ts';
import { formatBytes } from '../format.ts';
import { decimal, deviceOption, wholeNumber } from '../option-parsers.ts';
import { pickRun } from '../pick.ts';

type GenerateOptions = Partial<Sampling> & {
  run?: string;
  output?: string;
  overwrite?: true;
  device?: Device;
};

export function addGenerate(program: Command, runCommand: RunCommand): void {
  program
    .command('generate')
    .description('make a clip from a prompt; Ctrl-C keeps the frames that are there')
    .argument('<prompt>', 'what the clip shows')
    .option('--run <id or name>', 'which run (default: the newest)')
    .option('-o, --output <file>', 'path of the MP4 (default: take-<id>.mp4 in this folder)')
    .option('--overwrite', 'replace the file if it exists')
    .option('--seed <number>', 'the same seed gives the same clip', wholeNumber)
    .option('--guidance <scale>', 'how closely to follow the prompt; 1 is not at all', decimal)
    .option('--temperature <number>', 'how daring; 0 takes the likeliest', decimal)
    .option('--top-p <share>', 'sample only from the likeliest tokens that make up this share', decimal)
    .option('--steps <number>', 'decoding steps a latent frame', wholeNumber)
    .addOption(deviceOption())
    .action((prompt: string, { run: wanted, output, overwrite, device, ...sampling }: GenerateOptions) =>
      runCommand(async (context) => {
        const { engine, terminal, interrupt } = context;
        const run = await pickRun(context, wanted);
        const take = await makeTake(context, { runId: run.id, prompt, sampling, device });
        if (!take.hasVideo) throw new AppError('cancelled');
        const file = await engine.call('generation.export', {
          takeId: take.id,
          path: resolve(output ?? `take-${take.id}.mp4`),
          overwrite: overwrite ?? false,
        });
        terminal.result(
          { take, ...file },
          `${file.path}  (${take.framesDone} frames, ${take.width}×${take.height}, ${formatBytes(file.bytes)})`,
        );
        return interrupt.aborted ? exitCode.interrupted : exitCode.ok;
      }),
    );
}

/** Returns the take when it is over. A take that was stopped is no failure: what is there is kept. */
async function makeTake(
  context: CommandContext,
  request: { runId: string; prompt: string; sampling: Partial<Sampling>; device: Device | undefined },
): Promise<Take> {
  const { engine } = context;
  let take: Take | undefined;
  try {
    await followJob(context, async () => {
      take = await engine.call('generation.start', request);
      return engine.call('jobs.get', { jobId: take.jobId });
    });
  } catch (error) {
    if (!take || !(error instanceof AppError && error.code === 'cancelled')) throw error;
  }
  const over = await engine.call('generation.getTake', { takeId: take!.id });
  if (over.status !== 'failed') return over;
  const job = await engine.call('jobs.get', { jobId: over.jobId });
  throw job.error ? fromWireError(job.error) : new AppError('internal', { detail: 'the take failed' });
}
