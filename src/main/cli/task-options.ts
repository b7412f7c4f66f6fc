/** What a take is made from, as options of `reelwright generate` say it. */
import { Option, type Command } from 'commander';
import { parse, resolve } from 'node:path';
import { id } from '#shared/contract/common.ts';
import type { Clip } from '#shared/contract/library.ts';
import type { TakeTask, TakeTaskKind } from '#shared/contract/take-task.ts';
import type { Region } from '#shared/domain/region.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { CommandContext } from './command-context.ts';
import { measures, wholeNumber, type Measure } from './option-parsers.ts';

const tasks: readonly TakeTaskKind[] = ['generate', 'extend', 'inbetween', 'loop', 'inpaint'];

export interface TaskOptions {
  task?: TakeTaskKind;
  clip?: string;
  frames?: number;
  mask?: Measure[];
  first?: string;
  last?: string;
}

export function addTaskOptions(command: Command): Command {
  return command
    .addOption(new Option('--task <task>', 'what to make (default: generate)').choices(tasks))
    .option('--clip <id or name>', 'extend, inpaint: which clip of the library')
    .option('--frames <number>', 'extend: how many more frames, at least', wholeNumber)
    .option(
      '--mask <x,y,width,height>',
      'inpaint: what to fill in, in pixels of the take or percent',
      measures,
    )
    .option('--first <picture>', 'inbetween, loop: a file to begin with')
    .option('--last <picture>', 'inbetween: a file to end with');
}

/** Throws `invalid-input` where an option is missing or means nothing for the task, and `not-found` for a clip. */
export async function taskOf(context: CommandContext, options: TaskOptions, size: number): Promise<TakeTask> {
  const { task: kind = 'generate', frames } = options;
  refuseStrangers(kind, options);
  const clipId = async () => (await pickClip(context, needed(kind, options, 'clip'))).id;
  const picture = (path: string) => ({ from: 'file' as const, path: resolve(path) });
  switch (kind) {
    case 'generate':
      return { kind };
    case 'extend':
      return { kind, clipId: await clipId(), frames };
    case 'inpaint': {
      const region = regionOf(needed(kind, options, 'mask'), size);
      return { kind, clipId: await clipId(), region };
    }
    case 'inbetween': {
      const [first, last] = [needed(kind, options, 'first'), needed(kind, options, 'last')];
      return { kind, first: picture(first), last: picture(last) };
    }
    case 'loop':
      return { kind, first: options.first === undefined ? undefined : picture(options.first) };
  }
}

type Name = Exclude<keyof TaskOptions, 'task'>;

const meaningful: Readonly<Record<TakeTaskKind, readonly Name[]>> = {
  generate: [],
  extend: ['clip', 'frames'],
  inpaint: ['clip', 'mask'],
  inbetween: ['first', 'last'],
  loop: ['first'],
};

function refuseStrangers(kind: TakeTaskKind, options: TaskOptions): void {
  for (const name of ['clip', 'frames', 'mask', 'first', 'last'] as const) {
    if (options[name] !== undefined && !meaningful[kind].includes(name))
      throw new AppError('invalid-input', { field: `--${name}`, problem: `it means nothing for ${kind}` });
  }
}

function needed<N extends Name>(
  kind: TakeTaskKind,
  options: TaskOptions,
  name: N,
): NonNullable<TaskOptions[N]> {
  const value = options[name];
  if (value === undefined)
    throw new AppError('invalid-input', { field: `--${name}`, problem: `${kind} needs it` });
  return value;
}

/** @param size of the picture in pixels */
function regionOf(mask: readonly Measure[], size: number): Region {
  const [x, y, width, height] = mask.map(({ value, isPercent }) => value / (isPercent ? 100 : size));
  if ([x, y, width, height].some((share) => share! > 1))
    throw new AppError('invalid-input', {
      field: '--mask',
      problem: `it reaches beyond the picture of ${size}×${size} pixels`,
    });
  return { x: x!, y: y!, width: width!, height: height! };
}

/** By id, or the newest one whose file has this name, with its ending or without. */
async function pickClip({ engine }: CommandContext, wanted: string): Promise<Clip> {
  if (id.safeParse(wanted).success) return engine.call('library.get', { clipId: wanted });
  const { clips } = await engine.call('library.list', { query: wanted, limit: 500 });
  const found = clips.find(({ name }) => name === wanted || parse(name).name === wanted);
  if (!found) throw new AppError('no-such-clip', { name: wanted });
  return found;
}
