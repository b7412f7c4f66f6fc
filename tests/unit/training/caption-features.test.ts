/** Sentence features of a run's captions: each worked out once, kept, by an encoder that is closed whatever happens. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SentenceEncoder } from '#main/workers/runtime/text-encoder.ts';
import { captionFeatures } from '#main/workers/train/caption-features.ts';
import type { TrainingRun } from '#main/workers/train/run.ts';
import { temporaryFolder } from '../../fixtures/temporary-folder.ts';

/** Tells texts apart by their length: which text is read how often is all that counts here. */
class LengthEncoder implements SentenceEncoder {
  readonly size = 2;
  readonly read: string[] = [];
  isOpen = true;

  async encode(text: string): Promise<Float32Array> {
    this.read.push(text);
    return Float32Array.of(text.length, 0.1);
  }

  async dispose(): Promise<void> {
    this.isOpen = false;
  }
}

function runWith(
  cacheFolder: string,
  captions: readonly string[],
  signal = new AbortController().signal,
): TrainingRun {
  const clips = captions.map((caption) => ({ caption }));
  const context = { signal, progress: () => {} };
  const spec = { cacheFolder, threads: 1 };
  return { train: clips.slice(1), val: clips.slice(0, 1), context, spec } as unknown as TrainingRun;
}

test('every caption is read once, for all runs on the same captions', async () => {
  const encoder = new LengthEncoder();
  const run = runWith(temporaryFolder(), ['a cat', 'a whale', 'a cat', '']);
  const features = await captionFeatures(run, 2, async () => encoder);
  expect(encoder.read.toSorted()).toEqual(['', 'a cat', 'a whale']);
  expect(encoder.isOpen).toBe(false);
  const again = await captionFeatures(run, 2, () => Promise.reject(new Error('opened again')));
  for (const known of [features, again]) {
    expect(await known.read('a whale')).toEqual(Float32Array.of(7, 0.1));
    expect(await known.read('')).toEqual(Float32Array.of(0, 0.1));
    await known.close();
  }
});

test('the encoder is closed when the run is stopped, and nothing is left behind', async () => {
  const encoder = new LengthEncoder();
  const folder = temporaryFolder();
  const stopped = runWith(folder, ['a cat'], AbortSignal.abort());
  await expect(captionFeatures(stopped, 2, async () => encoder)).rejects.toMatchObject({ code: 'cancelled' });
  expect(encoder.isOpen).toBe(false);
  expect(readdirSync(join(folder, 'features'))).toEqual([]);
});
