/** Runs one worker of the product without an engine, and says how far it is. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startWorker, type WorkerOptions, type WorkerProcess } from '#main/engine/jobs/worker-process.ts';
import { formatDuration } from '#main/cli/format.ts';
import { WORKER_STOPS_WITHIN_MS, type WorkerSpec } from '#shared/contract/workers.ts';

const SAYS_EVERY_MS = 30_000;

/** Interrupting this program stops the worker gracefully: a run that trains writes a checkpoint. */
export function runWorker(
  request: WorkerSpec,
  folder: string,
  onEvent: WorkerOptions['onEvent'] = () => {},
): WorkerProcess {
  let lastSaid = 0;
  const worker = startWorker({
    entry: fileURLToPath(new URL(`../../src/main/workers/${request.kind}.ts`, import.meta.url)),
    folder,
    logPath: join(folder, 'worker.log'),
    silentAfterMs: 10 * 60_000,
    stopWithinMs: WORKER_STOPS_WITHIN_MS,
    request,
    onEvent(name, payload) {
      if (name === 'notice') console.log(name, JSON.stringify(payload));
      if (name === 'progress' && performance.now() - lastSaid > SAYS_EVERY_MS) {
        const { phase, done, total, secondsLeft } = payload as ProgressPayload;
        const left = secondsLeft == null ? '' : `, ${formatDuration(secondsLeft)} left`;
        console.log(`${new Date().toISOString()} ${phase} ${done} of ${total}${left}`);
        lastSaid = performance.now();
      }
      onEvent(name, payload);
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => worker.cancel());
  return worker;
}

interface ProgressPayload {
  phase: string;
  done: number;
  total: number;
  secondsLeft: number | null;
}
