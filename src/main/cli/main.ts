/** Entry of the command line: hands the arguments on, turns Ctrl-C into a signal, and ends with the command's exit code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { appFolder } from '#main/engine/app-paths.ts';
import { exitCode } from './exit-codes.ts';
import { runProgram } from './program.ts';

const interrupt = new AbortController();

function onSignal(): void {
  // The second time it is meant: workers end by themselves when the engine is gone.
  if (interrupt.signal.aborted) process.exit(exitCode.interrupted);
  interrupt.abort();
}
process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);

const manifest = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(appFolder, 'package.json'), 'utf8')));

process.exitCode = await runProgram(process.argv.slice(2), process, interrupt.signal, manifest.version);
