/** The frozen text encoder (all-MiniLM-L6-v2): a sentence becomes one vector; sentences that mean alike have vectors that lie close. */
import { WordPiece } from '#main/ml/text/word-piece.ts';
import type { Model } from '#main/ml/onnx/encode.ts';
import { readTextEncoderFiles } from './text-encoder-files.ts';
import { hostTensor, Session, type RuntimeTensor } from './session.ts';

/** Width of the hidden states, and thus of a sentence's vector. */
const SIZE = 384;
/** What the model was tuned with; more than any caption has. */
const LONGEST_TOKENS = 256;

export interface SentenceEncoder {
  /** Numbers in a vector. */
  readonly size: number;
  /**
   * A vector of length 1. The model knows English: text with Han characters, and text without a visible character, gives the zero
   * vector, which says "nothing is known" instead of something wrong. The same text gives the same vector, whatever came before.
   */
  encode(text: string): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/**
 * Opens the encoder that Reelwright ships, on the CPU with `threads` threads (about 200 MB of memory).
 * Throws AppError `text-encoder-damaged` when a file is missing or not what it should be.
 */
export async function openSentenceEncoder(threads: number): Promise<SentenceEncoder> {
  const { modelBytes, vocabulary } = await readTextEncoderFiles();
  const wordPiece = new WordPiece(vocabulary);
  const session = await Session.create(modelOf(modelBytes), { device: 'cpu', threads });
  return {
    size: SIZE,
    async encode(text) {
      if (!isKnownLanguage(text)) return new Float32Array(SIZE);
      const outputs = await session.runTensors(feedsOf(wordPiece.encode(text, LONGEST_TOKENS)));
      return meanDirection(outputs['last_hidden_state']!.data as Float32Array);
    },
    dispose: () => session.dispose(),
  };
}

/** Whether the encoder has more than the zero vector for a text. */
export function isKnownLanguage(text: string): boolean {
  return text.trim() !== '' && !/\p{Script=Han}/u.test(text);
}

/** The sizes are the largest: the graph takes any number of sentences of any length up to it. */
function modelOf(bytes: Uint8Array): Model {
  const tokens_BT = { dtype: 'int64', shape: [1, LONGEST_TOKENS] } as const;
  return {
    bytes,
    inputs: new Map([
      ['input_ids', tokens_BT],
      ['attention_mask', tokens_BT],
      ['token_type_ids', tokens_BT],
    ]),
    outputs: new Map([['last_hidden_state', { dtype: 'float32', shape: [1, LONGEST_TOKENS, SIZE] }]]),
  };
}

/** One sentence without padding: all of it is attended to, and all of it is the first of BERT's two segments. */
function feedsOf(tokens: readonly number[]): Record<string, RuntimeTensor> {
  const type = { dtype: 'int64', shape: [1, tokens.length] } as const;
  return {
    input_ids: hostTensor(type, BigInt64Array.from(tokens, BigInt)),
    attention_mask: hostTensor(type, new BigInt64Array(tokens.length).fill(1n)),
    token_type_ids: hostTensor(type, new BigInt64Array(tokens.length)),
  };
}

/** Mean of the hidden states `[T, SIZE]`, scaled to length 1 (Reimers and Gurevych 2019, "Sentence-BERT", arXiv:1908.10084). */
function meanDirection(hidden_TC: Float32Array): Float32Array {
  const sum_C = new Float64Array(SIZE);
  for (let i = 0; i < hidden_TC.length; i++) sum_C[i % SIZE]! += hidden_TC[i]!;
  const length = Math.hypot(...sum_C);
  return Float32Array.from(sum_C, (value) => value / length);
}
