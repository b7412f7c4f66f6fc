/** The sentence features of all captions of a run: each worked out once, and kept for every run on the same captions. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { breathe } from '../runtime/breathe.ts';
import { openSentenceEncoder, type SentenceEncoder } from '../runtime/text-encoder.ts';
import type { TrainingRun } from './run.ts';
import { TokenFile } from './token-file.ts';

/** Raised when the text encoder changes, so that old features are not taken for new ones. */
const ENCODER = 1;

export interface CaptionFeatures {
  read(caption: string): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * For a model that reads features of `size` numbers. The encoder is opened only where features are missing. Throws AppError
 * `cancelled`, `text-encoder-damaged`.
 */
export async function captionFeatures(
  run: TrainingRun,
  size: number,
  openEncoder: () => Promise<SentenceEncoder> = () => openSentenceEncoder(run.spec.threads),
): Promise<CaptionFeatures> {
  const captions = [...new Set([...run.train, ...run.val].map(({ caption }) => caption))];
  const places = new Map(captions.map((caption, place) => [caption, place]));
  const records = { count: captions.length, length: size };
  const path = join(run.spec.cacheFolder, 'features', `${cacheKey(captions, run.spec.threads)}.features`);
  let file = await TokenFile.open(path, records);
  if (!file) {
    await encodeCaptions(run, captions, path, records, await openEncoder());
    file = await TokenFile.open(path, records);
  }
  if (!file) throw new Error(`${path} is not what was written to it`);
  return {
    read: async (caption) => numbers(await file.read(places.get(caption)!)),
    close: () => file.close(),
  };
}

async function encodeCaptions(
  { context }: TrainingRun,
  captions: readonly string[],
  path: string,
  records: { count: number; length: number },
  encoder: SentenceEncoder,
): Promise<void> {
  try {
    await TokenFile.write(path, records, async (place) => {
      context.progress('encode', place, captions.length);
      await breathe(context.signal);
      return bits(await encoder.encode(captions[place]!));
    });
  } finally {
    await encoder.dispose();
  }
}

/** The file holds whole numbers; these are the bits of others. */
const bits = ({ buffer, byteOffset, length }: Float32Array) => new Int32Array(buffer, byteOffset, length);
const numbers = ({ buffer, byteOffset, length }: Int32Array) => new Float32Array(buffer, byteOffset, length);

/** Features follow from the captions, the encoder, and from how sums are divided among threads. */
function cacheKey(captions: readonly string[], threads: number): string {
  return createHash('sha256')
    .update(JSON.stringify([ENCODER, captions, threads]))
    .digest('hex');
}
