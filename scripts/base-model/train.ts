/**
 * Trains the base model on what `make-data.ts` has made, by the training worker itself. A run that was stopped goes on where
 * it was. Prints the curves and keeps them in `curves.jsonl` beside the run.
 * From the command line: node scripts/base-model/train.ts --run <folder> --config <file> [--init-from <run folder>] [--threads 2]
 */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { startWorker } from '#main/engine/jobs/worker-process.ts';
import { resolveTools } from '#main/engine/media/tools.ts';
import { WORKER_STOPS_WITHIN_MS } from '#shared/contract/workers.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';

const { values } = parseArgs({
  options: {
    run: { type: 'string' },
    config: { type: 'string' },
    data: { type: 'string', default: '.cache/base-model/data' },
    'init-from': { type: 'string' },
    threads: { type: 'string', default: '2' },
    device: { type: 'string', default: 'cpu' },
  },
});
if (!values.run || !values.config) throw new Error('--run and --config are wanted');

const runFolder = resolve(values.run);
await mkdir(runFolder, { recursive: true });
const curves = join(runFolder, 'curves.jsonl');
const worker = startWorker({
  entry: fileURLToPath(new URL('../../src/main/workers/train.ts', import.meta.url)),
  folder: runFolder,
  logPath: join(runFolder, 'worker.log'),
  silentAfterMs: 10 * 60_000,
  stopWithinMs: WORKER_STOPS_WITHIN_MS,
  request: {
    kind: 'train',
    spec: {
      device: values.device as 'cpu',
      threads: Number(values.threads),
      tools: await resolveTools({ ffmpegPath: '', ffprobePath: '' }),
      runFolder,
      snapshotPath: resolve(values.data, 'snapshot.json'),
      cacheFolder: resolve(values.data, 'cache'),
      initFrom: values['init-from'] ? resolve(values['init-from']) : null,
      config: trainingConfig.parse(JSON.parse(await readFile(values.config, 'utf8'))),
    },
  },
  onEvent(name, payload) {
    if (name === 'metrics') {
      const { points } = payload as {
        points: { stage: string; step: number; name: string; value: number }[];
      };
      void appendFile(curves, points.map((point) => `${JSON.stringify(point)}\n`).join(''));
      for (const { stage, step, name: curve, value } of points) {
        if (curve.endsWith('/val')) console.log(`${stage} step ${step}: ${curve} ${value.toFixed(4)}`);
      }
    } else if (name === 'progress') {
      sayProgress(payload as { phase: string; done: number; total: number; secondsLeft?: number | null });
    } else if (name === 'notice' || name === 'checkpoint') console.log(name, JSON.stringify(payload));
  },
});
process.once('SIGINT', () => worker.cancel());
process.once('SIGTERM', () => worker.cancel());

let lastSaid = 0;
function sayProgress(progress: {
  phase: string;
  done: number;
  total: number;
  secondsLeft?: number | null;
}): void {
  if (performance.now() - lastSaid < 30_000) return;
  lastSaid = performance.now();
  console.log(`${new Date().toISOString()} ${JSON.stringify(progress)}`);
}

console.log(await worker.result);
