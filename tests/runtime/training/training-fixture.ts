/** A tiny run on real clips, in a folder of its own, and the training worker as a real process on it. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startWorker, type WorkerProcess } from '#main/engine/jobs/worker-process.ts';
import { resolveTools } from '#main/engine/media/tools.ts';
import type { SplitName, WireError } from '#shared/contract/common.ts';
import type { EventName, Payload } from '#shared/contract/define.ts';
import type { MetricPoint } from '#shared/contract/training.ts';
import type { TrainSpec, WorkerContract, WorkerSpec } from '#shared/contract/workers.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';

const clipFolder = fileURLToPath(new URL('../../fixtures/clips/', import.meta.url));
const workerFolder = fileURLToPath(new URL('../../../src/main/workers/', import.meta.url));

const clips: [name: string, split: SplitName][] = [
  ['beer-mug.webp', 'train'],
  ['christmas-tree.webp', 'train'],
  ['eyes.webp', 'train'],
  ['bunny-wakes.mp4', 'train'],
  ['penguin.webp', 'train'],
  ['turtle.webp', 'val'],
  ['green-tea.webp', 'val'],
  ['octopus.webp', 'test'],
];

/** Two latent frames of 2×2 tokens, models of a few thousand weights: an epoch takes milliseconds. */
export const tinyConfig = trainingConfig.parse({
  window: { frames: 5, size: 16 },
  tokenizer: {
    model: { width: 32, heads: 2, depth: 1 },
    epochs: 4,
    batch: 2,
    microBatch: 2,
  },
  gpt: {
    model: { width: 32, heads: 2, depth: 1, textLength: 8, textVocabulary: 300 },
    epochs: 6,
    batch: 4,
    microBatch: 2,
    captionShare: 0.5,
    conditionShare: 0.5,
  },
  checkpointEvery: 2,
});

export interface Workspace {
  folder: string;
  spec: TrainSpec;
  /** Another run on the same snapshot and cache. */
  newRun(name: string): TrainSpec;
  remove(): Promise<void>;
}

export async function createWorkspace(config = tinyConfig): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), 'training-'));
  const snapshotPath = join(folder, 'snapshot.json');
  const members = await Promise.all(
    clips.map(async ([name, split], i) => {
      const path = join(clipFolder, name);
      const contentHash = createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
      const caption = await readFile(path.replace(/\.\w+$/, '.txt'), 'utf8');
      const clipId = `01ARZ3NDEKTSV4RRFFQ69G5FA${i}`;
      const kind = name.endsWith('.mp4') ? 'video' : 'animation';
      return { clipId, path, contentHash, kind, start: 0, end: 2, caption: caption.trim(), split };
    }),
  );
  await writeFile(snapshotPath, JSON.stringify({ id: '01ARZ3NDEKTSV4RRFFQ69G5FAV', hash: 'hash', members }));
  const { ffmpeg, ffprobe } = await resolveTools({ ffmpegPath: '', ffprobePath: '' });
  const newRun = (name: string): TrainSpec => ({
    device: 'cpu',
    threads: 2,
    tools: { ffmpeg, ffprobe },
    runFolder: join(folder, name),
    snapshotPath,
    cacheFolder: join(folder, 'cache'),
    initFrom: null,
    config,
  });
  return {
    folder,
    spec: newRun('run'),
    newRun,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** SHA-256 of every file that belongs to the checkpoints of a run, by path; nothing else may lie there. */
export async function checkpointFiles(runFolder: string): Promise<Map<string, string>> {
  const folder = join(runFolder, 'checkpoints');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      paths.toSorted().map(async (path): Promise<[string, string]> => {
        const sha256 = createHash('sha256').update(await readFile(path));
        return [path.slice(folder.length + 1), sha256.digest('hex')];
      }),
    ),
  );
}

type CheckpointEvent = Payload<WorkerContract, 'checkpoint'>;

export interface Observed {
  points: MetricPoint[];
  notices: WireError[];
  checkpoints: CheckpointEvent[];
  phases: Set<string>;
}

export interface RunningWorker extends WorkerProcess {
  observed: Observed;
}

/** `onCheckpoint` sees each checkpoint as it is reported, with the process to act upon. */
export function start(
  request: WorkerSpec,
  folder: string,
  onCheckpoint: (checkpoint: CheckpointEvent, worker: WorkerProcess) => void = () => {},
): RunningWorker {
  const observed: Observed = { points: [], notices: [], checkpoints: [], phases: new Set() };
  const worker: WorkerProcess = startWorker({
    request,
    entry: join(workerFolder, `${request.kind}.ts`),
    folder,
    logPath: join(folder, 'worker.log'),
    silentAfterMs: 120_000,
    stopWithinMs: 120_000,
    onEvent<N extends EventName<WorkerContract>>(name: N, payload: Payload<WorkerContract, N>) {
      if (name === 'metrics') observed.points.push(...(payload as Payload<WorkerContract, 'metrics'>).points);
      if (name === 'notice') observed.notices.push((payload as Payload<WorkerContract, 'notice'>).error);
      if (name === 'progress') observed.phases.add((payload as Payload<WorkerContract, 'progress'>).phase);
      if (name === 'checkpoint') {
        observed.checkpoints.push(payload as CheckpointEvent);
        onCheckpoint(payload as CheckpointEvent, worker);
      }
    },
  });
  return Object.assign(worker, { observed });
}

/** All values that must not depend on interruptions, by stage, name and step; later points replace earlier ones. */
export function curves(...observations: Observed[]): Map<string, number> {
  const timed = new Set(['clips-per-second', 'gflops', 'idle-share']);
  return new Map(
    observations
      .flatMap(({ points }) => points)
      .filter(({ name }) => !timed.has(name))
      .map(({ stage, name, step, value }) => [`${stage} ${name} ${step}`, value]),
  );
}
