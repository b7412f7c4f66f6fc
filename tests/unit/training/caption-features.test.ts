/** Sentence features of a run's captions: each worked out once, by an encoder that is closed whatever happens. */
import { expect, test } from 'vitest';
import type { SentenceEncoder } from '#main/workers/runtime/text-encoder.ts';
import { captionFeatures } from '#main/workers/train/caption-features.ts';
import type { TrainingRun } from '#main/workers/train/run.ts';

/** Tells texts apart by their length: which text is read how often is all that counts here. */
class LengthEncoder implements SentenceEncoder {
  readonly size = 1;
  readonly read: string[] = [];
  isOpen = true;

  async encode(text: string): Promise<Float32Array> {
    this.read.push(text);
    return Float32Array.of(text.length);
  }

  async dispose(): Promise<void> {
    this.isOpen = false;
  }
}

function runWith(captions: readonly string[], signal = new AbortController().signal): TrainingRun {
  const clips = captions.map((caption) => ({ caption }));
  const context = { signal, progress: () => {} };
  return { train: clips.slice(1), val: clips.slice(0, 1), context } as unknown as TrainingRun;
}

test('every caption is read once', async () => {
  const encoder = new LengthEncoder();
  const features = await captionFeatures(runWith(['a cat', 'a whale', 'a cat', '']), async () => encoder);
  expect(encoder.read.toSorted()).toEqual(['', 'a cat', 'a whale']);
  expect(encoder.isOpen).toBe(false);
  expect(features('a whale')).toEqual(Float32Array.of(7));
});

test('the encoder is closed when the run is stopped', async () => {
  const encoder = new LengthEncoder();
  const stopped = runWith(['a cat'], AbortSignal.abort());
  await expect(captionFeatures(stopped, async () => encoder)).rejects.toMatchObject({ code: 'cancelled' });
  expect(encoder.isOpen).toBe(false);
});
