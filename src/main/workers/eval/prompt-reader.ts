/** Turns captions and prompts into what a GPT reads of them: text tokens, and a sentence feature where it wants one. */
import type { GptExample } from '#main/ml/gpt/batches.ts';
import { specialToken } from '#main/ml/text/vocabulary.ts';
import type { LoadedModel } from '../runtime/load-checkpoint.ts';
import { openSentenceEncoder } from '../runtime/text-encoder.ts';

export type ReadPrompt = Pick<GptExample, 'feature'> & { readonly text: Int32Array };

export interface PromptReader {
  read(prompt: string): Promise<ReadPrompt>;
  dispose(): Promise<void>;
}

/** Throws AppError `text-encoder-damaged`. */
export async function openPromptReader(
  { textEncoding, gptShape }: LoadedModel,
  threads: number,
): Promise<PromptReader> {
  const { textLength, textFeatures } = gptShape;
  const encoder = textFeatures > 0 ? await openSentenceEncoder(threads) : null;
  return {
    read: async (prompt) => ({
      text: textEncoding.encodePrompt(prompt, textLength),
      ...(encoder && { feature: await encoder.encode(prompt) }),
    }),
    dispose: async () => encoder?.dispose(),
  };
}

/** What is read where there is no caption. */
export function noPrompt({ textLength, textFeatures }: LoadedModel['gptShape']): ReadPrompt {
  const text = new Int32Array(textLength).fill(specialToken.pad);
  text[0] = specialToken.empty;
  return { text, ...(textFeatures > 0 ? { feature: new Float32Array(textFeatures) } : {}) };
}
