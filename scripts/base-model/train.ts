/**
 * Trains on what `make-data.ts` has made, by the training worker of the product. A run that was stopped goes on where it was;
 * its curves are kept in `curves.jsonl` in its folder. From the command line:
 * node scripts/base-model/train.ts --run FOLDER --config FILE [--data FOLDER] [--snapshot FILE] [--init-from RUN] [--threads 2] [--device cpu]
 */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { resolveTools } from '#main/engine/media/tools.ts';
import type { Payload } from '#shared/contract/define.ts';
import { device } from '#shared/contract/system.ts';
import type { WorkerContract } from '#shared/contract/workers.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';
import { runWorker } from './worker.ts';

const { values } = parseArgs({
  options: {
    run: { type: 'string' },
    config: { type: 'string', default: 'scripts/base-model/config.json' },
    data: { type: 'string', default: '.cache/base-model/data' },
    snapshot: { type: 'string', default: 'snapshot.json' },
    'init-from': { type: 'string' },
    threads: { type: 'string', default: '2' },
    device: { type: 'string', default: 'cpu' },
  },
});
if (values.run === undefined) throw new Error('--run says in which folder the run lies, or is to lie');

const runFolder = resolve(values.run);
await mkdir(runFolder, { recursive: true });
const initFrom = values['init-from'] === undefined ? null : resolve(values['init-from']);
const settings = JSON.parse(await readFile(values.config, 'utf8')) as object;
const worker = runWorker(
  {
    kind: 'train',
    spec: {
      device: device.parse(values.device),
      threads: Number(values.threads),
      tools: await resolveTools({ ffmpegPath: '', ffprobePath: '' }),
      runFolder,
      snapshotPath: resolve(values.data, values.snapshot),
      cacheFolder: resolve(values.data, 'cache'),
      initFrom,
      config: trainingConfig.parse({ ...settings, initFrom }),
    },
  },
  runFolder,
  (name, payload) => {
    if (name === 'metrics') void keep(payload as Payload<WorkerContract, 'metrics'>);
    if (name === 'checkpoint') console.log(name, JSON.stringify(payload));
  },
);

async function keep({ points }: Payload<WorkerContract, 'metrics'>): Promise<void> {
  for (const { stage, step, name, value } of points) {
    if (name.endsWith('/val')) console.log(`${stage} step ${step}: ${name} ${value.toFixed(4)}`);
  }
  const lines = points.map((point) => `${JSON.stringify(point)}\n`);
  await appendFile(join(runFolder, 'curves.jsonl'), lines.join(''));
}

console.log(await worker.result);
