/** Byte-level BPE: any Unicode text to tokens and back, with merges learned from the captions of a run. */
import { z } from 'zod';
import { AppError } from '#shared/errors/app-error.ts';
import { mergePair, pairKey, type Merge } from './merge.ts';
import { splitWords } from './split-words.ts';
import { trainMerges } from './train-bpe.ts';
import { firstByte, firstMerge, specialToken } from './vocabulary.ts';

/** Bytes of all tokens together: far more than captions ever need, and what a malicious file cannot go beyond. */
const MOST_BYTES = 1 << 22;

/** How the encoding is stored with a checkpoint. */
export const textEncodingFile = z
  .object({
    kind: z.literal('byte-pair-encoding'),
    merges: z.array(z.tuple([z.number().int().min(firstByte), z.number().int().min(firstByte)])).max(65_536),
  })
  .superRefine(({ merges }, context) => {
    const seen = new Set<string>();
    const lengths = new Array<number>(firstMerge).fill(1);
    let bytes = 0;
    merges.forEach(([left, right], i) => {
      const key = `${left} ${right}`;
      // Each merge can double the longest token: a few dozen are enough to fill any memory.
      const length = (lengths[left] ?? 0) + (lengths[right] ?? 0);
      lengths.push(length);
      bytes += length;
      if (left >= firstMerge + i || right >= firstMerge + i || seen.has(key)) {
        context.addIssue({ code: 'custom', path: ['merges', i], message: 'uses a later token, or repeats' });
      }
      seen.add(key);
    });
    if (bytes > MOST_BYTES)
      context.addIssue({ code: 'custom', path: ['merges'], message: 'tokens too long' });
  });
export type TextEncodingFile = z.output<typeof textEncodingFile>;

export class BytePairEncoding {
  readonly merges: readonly Merge[];
  readonly #rank: ReadonlyMap<number, number>;
  /** Bytes of each token; special tokens have none. */
  readonly #bytes: readonly (readonly number[])[];
  readonly #encoder = new TextEncoder();

  private constructor(merges: readonly Merge[]) {
    this.merges = merges;
    this.#rank = new Map(merges.map(([left, right], i) => [pairKey(left, right), i]));
    const bytes: number[][] = Array.from({ length: firstMerge }, (_, token) =>
      token < firstByte ? [] : [token - firstByte],
    );
    for (const [left, right] of merges) bytes.push([...bytes[left]!, ...bytes[right]!]);
    this.#bytes = bytes;
  }

  /** @param vocabulary largest number of tokens; few captions give fewer. */
  static train(captions: Iterable<string>, vocabulary: number): BytePairEncoding {
    return new BytePairEncoding(trainMerges(captions, vocabulary));
  }

  /** @throws AppError `checkpoint-damaged` naming `path` when `json` is not a stored encoding. */
  static fromJson(json: unknown, path: string): BytePairEncoding {
    const parsed = textEncodingFile.safeParse(json);
    if (!parsed.success)
      throw new AppError('checkpoint-damaged', { path, detail: z.prettifyError(parsed.error) });
    return new BytePairEncoding(parsed.data.merges);
  }

  toJson(): TextEncodingFile {
    return { kind: 'byte-pair-encoding', merges: this.merges.map(([left, right]) => [left, right]) };
  }

  /** Number of tokens: specials, bytes and merges. */
  get vocabulary(): number {
    return firstMerge + this.merges.length;
  }

  encode(text: string): number[] {
    return splitWords(text).flatMap((word) => this.#encodeWord(word));
  }

  /** Special tokens and bytes that are no UTF-8 (a text cut in the middle of a character) leave nothing or U+FFFD. */
  decode(tokens: Iterable<number>): string {
    const bytes: number[] = [];
    for (const token of tokens) bytes.push(...(this.#bytes[token] ?? []));
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
  }

  /** What the GPT reads before a video: the text and `end`, padded or cut to `length`; no text is `empty`. */
  encodePrompt(text: string, length: number): Int32Array {
    const row = new Int32Array(length).fill(specialToken.pad);
    const tokens = this.encode(text.trim()).slice(0, length - 1);
    row.set(tokens.length === 0 ? [specialToken.empty] : [...tokens, specialToken.end]);
    return row;
  }

  #encodeWord(word: string): number[] {
    let tokens = Array.from(this.#encoder.encode(word), (byte) => firstByte + byte);
    while (tokens.length > 1) {
      let lowest = Infinity;
      for (let i = 0; i + 1 < tokens.length; i++) {
        lowest = Math.min(lowest, this.#rank.get(pairKey(tokens[i]!, tokens[i + 1]!)) ?? Infinity);
      }
      if (lowest === Infinity) break;
      tokens = mergePair(tokens, this.merges[lowest]!, firstMerge + lowest);
    }
    return tokens;
  }
}
