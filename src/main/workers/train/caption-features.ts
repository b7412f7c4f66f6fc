/** The sentence features of all captions of a run, each worked out once. */
import { breathe } from '../runtime/breathe.ts';
import { openSentenceEncoder } from '../runtime/text-encoder.ts';
import type { TrainingRun } from './run.ts';

/** By caption. */
export type CaptionFeatures = (caption: string) => Float32Array;

/** The encoder is open only for as long as it is needed. Throws AppError `cancelled`, `text-encoder-damaged`. */
export async function captionFeatures(
  { train, val, context, spec }: TrainingRun,
  openEncoder = () => openSentenceEncoder(spec.threads),
): Promise<CaptionFeatures> {
  const captions = new Set([...train, ...val].map(({ caption }) => caption));
  const features = new Map<string, Float32Array>();
  const encoder = await openEncoder();
  try {
    for (const caption of captions) {
      context.progress('encode', features.size, captions.size);
      await breathe(context.signal);
      features.set(caption, await encoder.encode(caption));
    }
  } finally {
    await encoder.dispose();
  }
  return (caption) => features.get(caption)!;
}
