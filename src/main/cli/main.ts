/** Entry of the command line: hands the arguments on, turns Ctrl-C into a signal, and ends with the command's exit code. */
import { ownVersion } from '#main/engine/app-paths.ts';
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

process.exitCode = await runProgram(process.argv.slice(2), process, interrupt.signal, ownVersion);
