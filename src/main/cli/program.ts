/** The command line `reelwright`: its commands, the options that all of them share, and their exit codes. */
import { Command, CommanderError } from 'commander';
import { AppError, errorMessage, toWireError } from '#shared/errors/app-error.ts';
import type { GlobalOptions, RunCommand, RunEngine } from './command-context.ts';
import { addCaption } from './commands/caption.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEval } from './commands/eval.ts';
import { addExportModel } from './commands/export-model.ts';
import { addGenerate } from './commands/generate.ts';
import { addImport } from './commands/import.ts';
import { addLists } from './commands/lists.ts';
import { addServe } from './commands/serve.ts';
import { addSplit } from './commands/split.ts';
import { addTrain } from './commands/train.ts';
import { exitCode, type ExitCode } from './exit-codes.ts';
import { Terminal, type TerminalStreams } from './terminal.ts';

/** The engine is loaded when a command needs it: help and usage errors come at once. */
const loadSession = () => import('./session.ts');

/** Runs one command line (without the program's name) and resolves with its exit code. */
export async function runProgram(
  argv: readonly string[],
  streams: TerminalStreams,
  interrupt: AbortSignal,
  version: string,
): Promise<ExitCode> {
  let code: ExitCode = exitCode.ok;
  const program = new Command('reelwright');

  /** Runs the body; what it throws is told and becomes the exit code. */
  const guard = async (body: (terminal: Terminal, options: GlobalOptions) => Promise<ExitCode>) => {
    const options = program.opts<GlobalOptions>();
    const terminal = new Terminal(options.json ?? false, streams);
    try {
      code = await body(terminal, options);
    } catch (error) {
      const wire = toWireError(error);
      const message = errorMessage(wire, terminal.language);
      terminal.failure({ ...wire, message }, message);
      code = error instanceof AppError && error.code === 'cancelled' ? exitCode.interrupted : exitCode.failed;
    }
  };
  const runCommand: RunCommand = (body) =>
    guard(async (terminal, options) => {
      const { joinEngine } = await loadSession();
      await using session = await joinEngine(options);
      return await body({ engine: session.client, terminal, interrupt });
    });
  const runEngine: RunEngine = (port, body) =>
    guard(async (terminal, options) => {
      const { serveEngine } = await loadSession();
      await using session = await serveEngine(options, port);
      return await body({ url: session.url, terminal, interrupt });
    });

  program
    .description(
      'Train a video model on your own clips, on your own machine, and generate new clips from prompts.',
    )
    .version(version)
    .option('--workspace <folder>', 'where clips, runs and takes are kept (or REELWRIGHT_WORKSPACE)')
    .option('--engine-url <url>', 'use an engine that runs already, as `reelwright serve` printed it')
    .option('--json', 'print the result as one JSON document on stdout')
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 done in part, 130 interrupted.')
    .configureOutput({
      writeOut: (text) => void streams.stdout.write(text),
      writeErr: (text) => void streams.stderr.write(text),
    })
    .exitOverride();
  const work = [addImport, addSplit, addTrain, addEval, addGenerate, addCaption, addExportModel];
  for (const add of [...work, addDoctor, addLists]) add(program, runCommand);
  addServe(program, runEngine);

  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  }
  return code;
}
