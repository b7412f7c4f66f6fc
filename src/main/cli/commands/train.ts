/** `reelwright train`: trains tokenizer and GPT on a snapshot, or goes on with a run that was stopped. */
import { Option, type Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { Device } from '#shared/contract/system.ts';
import type { MetricPoint, Run } from '#shared/contract/training.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { CommandContext, RunCommand } from '../command-context.ts';
import { exitCode } from '../exit-codes.ts';
import { describeForecast, forecastRun, type PlannedRun } from '../forecast.ts';
import { followJob } from '../follow-job.ts';
import { formatLoss } from '../format.ts';
import { deviceOption, setting } from '../option-parsers.ts';
import { pickModel, pickRun, pickSnapshot } from '../pick.ts';

interface TrainOptions {
  snapshot?: string;
  name: string;
  config?: string;
  set: Record<string, unknown>;
  initFrom?: string;
  resume?: string | true;
  device?: Device;
  /** true: nothing else; false: none; left out: before training. */
  forecast?: boolean;
  force?: true;
}

export function addTrain(program: Command, runCommand: RunCommand): void {
  program
    .command('train')
    .description('train a model on a snapshot; Ctrl-C stops at a checkpoint, --resume goes on')
    .option('--snapshot <id or name>', 'what to train on (default: the newest)')
    .option('--name <name>', 'name of the run', '')
    .option('--config <file>', 'settings as JSON; what is left out has its default')
    .option('--set <name=value>', 'one setting, e.g. gpt.epochs=20; may be given several times', setting, {})
    .option(
      '--init-from <run id or name>',
      'start from the weights of a trained run, or of “base”, with its model and its tokenizer as they are',
    )
    .option('--forecast', 'only tell what the run would take, measured by a dry run of a few steps')
    .option('--no-forecast', 'begin at once, without telling')
    .option('--force', 'begin even if the run does not fit on this machine')
    .addOption(
      new Option('--resume [run id or name]', 'go on with a run (default: the newest)').conflicts([
        'snapshot',
        'config',
        'set',
        'name',
        'initFrom',
        'forecast',
        'force',
      ]),
    )
    .addOption(deviceOption())
    .action((options: TrainOptions) =>
      runCommand(async (context) => {
        const { engine, terminal } = context;
        const planned = options.resume ? undefined : await planRun(context, options);
        if (planned && options.forecast !== false) {
          const forecast = await forecastRun(context, planned, { anew: options.forecast ?? false });
          if (options.forecast) {
            terminal.result(forecast, describeForecast(forecast));
            return exitCode.ok;
          }
          terminal.remark(describeForecast(forecast));
        }
        let run: Run | undefined;
        const losses = new Map<string, number>();
        const unlisten = engine.listen('training.metrics', ({ runId, points }) => {
          if (runId === run?.id) remember(losses, points);
        });
        try {
          await followJob(
            context,
            async () => {
              run = planned
                ? await engine.call('training.start', {
                    ...planned,
                    name: options.name,
                    force: options.force ?? false,
                  })
                : await resume(context, options.resume!, options.device);
              terminal.remark(`Run ${run.id}`);
              return run.job;
            },
            { note: () => describeLosses(losses) },
          );
        } finally {
          unlisten();
        }
        const finished = await engine.call('training.getRun', { runId: run!.id });
        terminal.result(
          finished,
          `Run ${finished.id}: held-out loss ${formatLoss(finished.valLossBefore)} before, ` +
            `${formatLoss(finished.valLossBest)} after training.`,
        );
        return exitCode.ok;
      }),
    );
}

async function planRun(context: CommandContext, options: TrainOptions): Promise<PlannedRun> {
  const snapshot = await pickSnapshot(context, options.snapshot);
  const file = options.config === undefined ? {} : await readConfig(options.config);
  const { initFrom, ...given } = merge(file, options.set);
  const base = await continuing(context, options.initFrom ?? initFrom);
  const config = trainingConfig.safeParse(merge(base, given));
  if (!config.success) {
    const issue = config.error.issues[0]!;
    throw new AppError('invalid-input', { field: issue.path.join('.'), problem: issue.message });
  }
  return { snapshotId: snapshot.id, config: config.data, device: options.device };
}

/** The settings that a run has in common with the one it starts from; its tokens keep their meaning, too. */
async function continuing(context: CommandContext, wanted: unknown): Promise<Record<string, unknown>> {
  // Nothing; a folder, whose settings are its owner's to repeat; or what is no text, and refused with the rest.
  if (typeof wanted !== 'string' || isAbsolute(wanted))
    return wanted === undefined ? {} : { initFrom: wanted };
  const { id, config } = await pickModel(context, wanted);
  return {
    initFrom: id,
    window: config.window,
    tokenizer: { model: config.tokenizer.model, epochs: 0 },
    gpt: { model: config.gpt.model },
  };
}

async function resume(context: CommandContext, wanted: string | true, device?: Device): Promise<Run> {
  const run = await pickRun(context, wanted === true ? undefined : wanted);
  const job = await context.engine.call('jobs.resume', { jobId: run.jobId, device });
  return { ...run, job };
}

async function readConfig(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new AppError('file-unreadable', { path, detail: error.message });
  });
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
    throw new Error('an object is expected');
  } catch (error) {
    throw new AppError('invalid-input', { field: path, problem: (error as Error).message });
  }
}

/** `over` on top of `base`, object by object. */
function merge(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const below = merged[name];
    merged[name] = isRecord(below) && isRecord(value) ? merge(below, value) : value;
  }
  return merged;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function remember(losses: Map<string, number>, points: readonly MetricPoint[]): void {
  for (const { stage, name, value } of points) {
    if (name === 'loss/train' || name === 'loss/val') losses.set(`${stage} ${name.slice(5)}`, value);
  }
}

/** The newest losses of the stage under way. */
function describeLosses(losses: ReadonlyMap<string, number>): string {
  const stage = [...losses.keys()].some((key) => key.startsWith('gpt')) ? 'gpt' : 'tokenizer';
  return ['train', 'val']
    .filter((part) => losses.has(`${stage} ${part}`))
    .map((part) => `${part} loss ${formatLoss(losses.get(`${stage} ${part}`)!)}`)
    .join(', ');
}
