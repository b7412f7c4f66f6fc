/**
 * Turns every clip that the GPT is trained or evaluated on into tokens, once for each tokenizer and snapshot, and with it the
 * picture at which it arrives.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { tokenizerShape, type TokenizerShape } from '#main/ml/tokenizer/shape.ts';
import { breathe } from '../runtime/breathe.ts';
import type { Checkpoint } from '../runtime/checkpoint-store.ts';
import { encodeClip, type ClipCode } from '../runtime/encode-clip.ts';
import { openTokenizer } from '../runtime/load-checkpoint.ts';
import type { TrainingRun } from './run.ts';
import { TokenFile } from './token-file.ts';

/** Raised when what a record holds changes, so that old ones are not taken for new ones. */
const RECORD = 2;

/** Where the codes of clips come from. */
export interface ClipCodes {
  read(record: number): Promise<ClipCode>;
}

export class EncodedClips implements ClipCodes {
  readonly #file: TokenFile;
  readonly #shape: TokenizerShape;

  constructor(file: TokenFile, shape: TokenizerShape) {
    this.#file = file;
    this.#shape = shape;
  }

  async read(record: number): Promise<ClipCode> {
    return unpack(await this.#file.read(record), this.#shape);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Records are the clips of the train split in order, then those of the held-out one. The caller closes the file. */
export async function encodeClips(run: TrainingRun, checkpoint: Checkpoint): Promise<EncodedClips> {
  const { context, spec } = run;
  const { tokenizer: config, window } = checkpoint.manifest.config;
  const clips = [...run.train, ...run.val];
  const shape = tokenizerShape(config.model, window);
  const records = { count: clips.length, length: recordLength(shape) };
  const path = join(spec.cacheFolder, 'tokens', `${cacheKey(run, checkpoint)}.tokens`);
  const known = await TokenFile.open(path, records);
  if (known) return new EncodedClips(known, shape);

  const tokenizer = openTokenizer(checkpoint, spec);
  try {
    await TokenFile.write(path, records, async (record) => {
      context.progress('encode', record, clips.length);
      await breathe(context.signal);
      const code = await encodeClip(tokenizer, await run.windows.read(clips[record]!, context.signal));
      // The encoder is opened when it is first used.
      context.did(record === 0 ? 'open-encoder' : 'encode');
      return pack(code);
    });
  } finally {
    await tokenizer.dispose();
  }
  context.progress('encode', clips.length, clips.length);
  const written = await TokenFile.open(path, records);
  if (!written) throw new Error(`${path} is not what was written to it`);
  return new EncodedClips(written, shape);
}

/** A record: the tokens of the window, those of its last picture, and 1 where it closes its loop. */
const recordLength = ({ tokens, frameTokens }: TokenizerShape) => tokens + frameTokens + 1;

function pack({ tokens_THW, lastPicture, closesLoop }: ClipCode): Int32Array {
  return Int32Array.from([...tokens_THW, ...Array.from(lastPicture), closesLoop ? 1 : 0]);
}

function unpack(record: Int32Array, { tokens, frameTokens }: TokenizerShape): ClipCode {
  return {
    tokens_THW: record.subarray(0, tokens),
    lastPicture: record.subarray(tokens, tokens + frameTokens),
    closesLoop: record[tokens + frameTokens] === 1,
  };
}

/**
 * Tokens follow from the weights, from the pixels and their order, which the snapshot's hash stands for, and from how sums
 * are divided among threads.
 */
function cacheKey({ snapshot, spec, val }: TrainingRun, { manifest }: Checkpoint): string {
  const weights = manifest.files['weights.safetensors']?.sha256;
  const { device, threads, config } = spec;
  return createHash('sha256')
    .update(JSON.stringify([RECORD, weights, snapshot.hash, val.length, config.window, device, threads]))
    .digest('hex');
}
