/** What a GPT reads of a prompt or a caption: its words as tokens and, where the model reads one, the feature of the whole sentence. */
import type { GptShape } from '#main/ml/gpt/shape.ts';
import type { BytePairEncoding } from '#main/ml/text/byte-pair-encoding.ts';
import { isKnownLanguage, openSentenceEncoder, type SentenceEncoder } from './text-encoder.ts';

export interface ReadPrompt {
  /** [textLength] */
  readonly text: Int32Array;
  /** [textFeatures], for models with features alone. */
  readonly feature?: Float32Array;
}

export class PromptReader {
  readonly #textEncoding: BytePairEncoding;
  readonly #shape: GptShape;
  readonly #threads: number;
  #encoder: Promise<SentenceEncoder> | undefined;

  constructor(textEncoding: BytePairEncoding, shape: GptShape, threads: number) {
    this.#textEncoding = textEncoding;
    this.#shape = shape;
    this.#threads = threads;
  }

  /**
   * The text encoder, which takes a moment to open, is opened with the first prompt for which it is needed. Throws AppError
   * `text-encoder-damaged`.
   */
  async read(prompt: string): Promise<ReadPrompt> {
    const { textLength, textFeatures } = this.#shape;
    const text = this.#textEncoding.encodePrompt(prompt, textLength);
    if (textFeatures === 0) return { text };
    if (!isKnownLanguage(prompt)) return { text, feature: new Float32Array(textFeatures) };
    this.#encoder ??= openSentenceEncoder(this.#threads);
    return { text, feature: await (await this.#encoder).encode(prompt) };
  }

  async dispose(): Promise<void> {
    await (await this.#encoder)?.dispose();
  }
}
