/** Writes a text about a clip, taking the likeliest token each time. */
import { logSoftmax } from '#main/ml/sampling/choose-token.ts';
import { specialToken } from '#main/ml/text/vocabulary.ts';
import type { Decoder } from '../generate/decoder.ts';

export interface WrittenCaption {
  readonly text: number[];
  /** Of the text and its end, in nats. */
  readonly logProbability: number;
}

/** @param gpt made for captions, with one row and one token at a time */
export async function writeCaption(
  gpt: Decoder,
  tokens: Int32Array,
  textLength: number,
): Promise<WrittenCaption> {
  const text: number[] = [];
  let logProbability = 0;
  await gpt.start(tokens);
  for (let place = 0, read: number = specialToken.start; place < textLength; place++) {
    const { logits, commit } = await gpt.read(Int32Array.of(read), Int32Array.of(place));
    if (place + 1 < textLength) await commit();
    for (const never of [specialToken.pad, specialToken.empty, specialToken.start]) logits[never] = -Infinity;
    const logProbabilities = logSoftmax(logits);
    read = logProbabilities.indexOf(Math.max(...logProbabilities));
    logProbability += logProbabilities[read]!;
    if (read === specialToken.end) break;
    text.push(read);
  }
  return { text, logProbability };
}
