/** A run over a folder of clips, as the training worker opens it, in a temporary folder and without an engine. */
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveTools } from '#main/engine/media/tools.ts';
import { openRun, type TrainingRun } from '#main/workers/train/run.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';

/** Optimizer steps as whole epochs over so many clips. */
export const epochsFor = (steps: number, batch: number, clips: number) => Math.ceil((steps * batch) / clips);

interface BenchRunOptions {
  /** For snapshot, cache and checkpoints. */
  folder: string;
  clipFolder: string;
  threads: number;
  /** Made when the number of clips to train on is known. */
  config: (train: number) => TrainingConfig;
}

/** Every eighth clip is held out. Captions are taken from `.txt` files beside the clips. */
export async function openBenchRun({
  folder,
  clipFolder,
  threads,
  config: configFor,
}: BenchRunOptions): Promise<TrainingRun> {
  const names = (await readdir(clipFolder)).filter((name) => /\.(webp|mp4|webm|gif)$/.test(name));
  const members = await Promise.all(
    names.map(async (name, i) => {
      const path = join(clipFolder, name);
      const contentHash = createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
      const caption = await readFile(path.replace(/\.\w+$/, '.txt'), 'utf8').catch(() => '');
      const kind = /\.(mp4|webm)$/.test(name) ? 'video' : 'animation';
      const clipId = String(i).padStart(26, '0');
      const split = i % 8 === 7 ? 'val' : 'train';
      return { clipId, path, contentHash, kind, start: 0, end: 2, caption: caption.trim(), split };
    }),
  );
  const snapshotPath = join(folder, 'snapshot.json');
  await writeFile(snapshotPath, JSON.stringify({ id: '0'.repeat(26), hash: 'bench', members }));
  const train = members.filter(({ split }) => split === 'train').length;
  const config = configFor(train);
  const { ffmpeg, ffprobe } = await resolveTools({ ffmpegPath: '', ffprobePath: '' });
  const spec = {
    device: 'cpu' as const,
    threads,
    tools: { ffmpeg, ffprobe },
    runFolder: join(folder, 'run'),
    snapshotPath,
    cacheFolder: join(folder, 'cache'),
    initFrom: null,
    config,
  };
  const context = {
    signal: new AbortController().signal,
    emit: () => {},
    notice: console.error,
    progress: () => {},
    plan: () => {},
    did: () => {},
  };
  const run = await openRun(spec, context);
  for (const clip of [...run.train, ...run.val]) await run.windows.ensure(clip);
  return run;
}
