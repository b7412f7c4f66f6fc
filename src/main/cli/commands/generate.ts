/** `reelwright generate`: a prompt, and what else is given, becomes a clip, or several, as MP4. */
import { Option, type Command } from 'commander';
import { parse, resolve } from 'node:path';
import { MAX_TAKES, type Take, type TakeConfidence } from '#shared/contract/generation.ts';
import type { Device } from '#shared/contract/system.ts';
import {
  samplingPreset,
  type SamplingPreset,
  type SamplingSettings,
} from '#shared/domain/sampling-presets.ts';
import { AppError, fromWireError } from '#shared/errors/app-error.ts';
import type { CommandContext, RunCommand } from '../command-context.ts';
import { exitCode } from '../exit-codes.ts';
import { followJob } from '../follow-job.ts';
import { formatBytes } from '../format.ts';
import { decimal, deviceOption, wholeNumber } from '../option-parsers.ts';
import { pickModel } from '../pick.ts';
import { addTaskOptions, taskOf, type TaskOptions } from '../task-options.ts';

type GenerateOptions = Partial<SamplingSettings> &
  TaskOptions & {
    run?: string;
    output?: string;
    overwrite?: true;
    takes?: number;
    preset?: SamplingPreset;
    seed?: number;
    device?: Device;
  };

export function addGenerate(program: Command, runCommand: RunCommand): void {
  const command = program
    .command('generate')
    .description(
      'make clips: from a prompt, from a clip (extend, inpaint), or from pictures (inbetween, loop); Ctrl-C keeps the frames that are there',
    )
    .argument('[prompt]', 'what the clip shows', '');
  addTaskOptions(command)
    .option(
      '--run <id or name>',
      'which run, or “base” (default: the newest that is trained, else the base model)',
    )
    .option(
      '-o, --output <file>',
      'path of the MP4 (default: take-<id>.mp4 in this folder); several takes are numbered',
    )
    .option('--overwrite', 'replace the file if it exists')
    .option('--takes <number>', `how many takes, each with the next seed (1 to ${MAX_TAKES})`, wholeNumber)
    .addOption(
      new Option(
        '--preset <name>',
        'speed against care; the settings below go before it (default: balanced)',
      ).choices(samplingPreset.options),
    )
    .option('--seed <number>', 'the same seed gives the same clip', wholeNumber)
    .option('--guidance <scale>', 'how closely to follow the prompt; 1 is not at all', decimal)
    .option('--temperature <number>', 'how daring; 0 takes the likeliest', decimal)
    .option('--top-p <share>', 'sample only from the likeliest tokens that make up this share', decimal)
    .option('--steps <number>', 'decoding steps a latent frame', wholeNumber)
    .addOption(deviceOption())
    .action((prompt: string, options: GenerateOptions) =>
      runCommand(async (context) => {
        const { terminal, interrupt } = context;
        const made = await makeTakes(context, prompt, options);
        if (!made.some(({ hasVideo }) => hasVideo)) throw new AppError('cancelled');
        const takes = [];
        for (const [i, take] of made.entries()) {
          const path = resolve(outputOf(take, options.output, made.length > 1 ? i + 1 : null));
          takes.push(await exportTake(context, take, path, options.overwrite ?? false));
        }
        terminal.result({ takes }, takes.map(describe).join('\n'));
        return interrupt.aborted ? exitCode.interrupted : exitCode.ok;
      }),
    );
}

/** Returns the takes when they are over. Takes that were stopped are no failure: what is there is kept. */
async function makeTakes(context: CommandContext, prompt: string, options: GenerateOptions): Promise<Take[]> {
  const { engine, terminal } = context;
  const { run: wanted, takes: count, preset, device, seed, guidance, temperature, topP, steps } = options;
  const model = await pickModel(context, wanted);
  terminal.remark(`Model: ${model.label}`);
  const request = {
    runId: model.id,
    prompt,
    task: await taskOf(context, options, model.config.window.size),
    preset,
    sampling: { seed, guidance, temperature, topP, steps },
    takes: count,
    device,
  };
  let started: Take[] = [];
  try {
    await followJob(context, async () => {
      started = (await engine.call('generation.start', request)).takes;
      return engine.call('jobs.get', { jobId: started[0]!.jobId });
    });
  } catch (error) {
    if (started.length === 0 || !(error instanceof AppError && error.code === 'cancelled')) throw error;
  }
  const over = await Promise.all(started.map(({ id }) => engine.call('generation.getTake', { takeId: id })));
  const failed = over.find(({ status }) => status === 'failed');
  if (!failed) return over;
  const job = await engine.call('jobs.get', { jobId: failed.jobId });
  throw job.error ? fromWireError(job.error) : new AppError('internal', { detail: 'the take failed' });
}

interface ExportedTake {
  take: Take;
  path: string;
  bytes: number;
  confidence: TakeConfidence | null;
}

async function exportTake(
  { engine }: CommandContext,
  take: Take,
  path: string,
  overwrite: boolean,
): Promise<ExportedTake> {
  const file = await engine.call('generation.export', { takeId: take.id, path, overwrite });
  const { confidence } = await engine.call('generation.confidence', { takeId: take.id });
  return { take, ...file, confidence };
}

/** `turtle.mp4`, and with a number `turtle-2.mp4`. */
function outputOf(take: Take, output: string | undefined, number: number | null): string {
  if (output === undefined) return `take-${take.id}.mp4`;
  if (number === null) return output;
  const { dir, name, ext } = parse(output);
  return resolve(dir, `${name}-${number}${ext}`);
}

function describe({ take, path, bytes, confidence }: ExportedTake): string {
  const facts = [
    `${take.framesDone} frames`,
    `${take.width}×${take.height}`,
    formatBytes(bytes),
    `seed ${take.sampling.seed}`,
    ...(confidence ? [`${Math.round(100 * meanConfidence(confidence))}% sure`] : []),
  ];
  return `${path}  (${facts.join(', ')})`;
}

function meanConfidence({ latentFrames }: TakeConfidence): number {
  const all = latentFrames.flatMap(({ confidence }) => confidence);
  return all.reduce((sum, share) => sum + share, 0) / all.length;
}
