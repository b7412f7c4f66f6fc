/** Problems that no caller is there to hear of: one entry each on the standard error of the engine's process. */
import { format } from 'node:util';

export function logProblem(what: string, problem: unknown): void {
  process.stderr.write(`${new Date().toISOString()} ${what}: ${format(problem)}\n`);
}
