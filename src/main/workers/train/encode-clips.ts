/** Turns every clip that the GPT is trained or evaluated on into tokens, once for each tokenizer and snapshot. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors, writeSafetensors, type SafeTensor } from '#main/ml/format/safetensors.ts';
import { codebookSize } from '#main/ml/tokenizer/fsq.ts';
import type { TokenizerShape } from '#main/ml/tokenizer/shape.ts';
import type { ClipSource } from '#shared/contract/workers.ts';
import { breathe } from '../runtime/breathe.ts';
import type { Checkpoint } from '../runtime/checkpoint-store.ts';
import { openTokenizer } from '../runtime/load-checkpoint.ts';
import { writeAtomic } from '../runtime/write-atomic.ts';
import type { TrainingRun } from './run.ts';

/** tokens_THW by clip id. */
export type ClipTokens = ReadonlyMap<string, Int32Array>;

export async function encodeClips(run: TrainingRun, checkpoint: Checkpoint): Promise<ClipTokens> {
  const { context, spec } = run;
  const clips = [...run.train, ...run.val];
  const tokenizer = openTokenizer(checkpoint, spec);
  try {
    const path = join(spec.cacheFolder, 'tokens', `${cacheKey(run, checkpoint)}.safetensors`);
    const known = await readTokens(path, clips, tokenizer.shape);
    if (known) return known;
    const tokens = new Map<string, Int32Array>();
    for (const clip of clips) {
      context.progress('encode', tokens.size, clips.length);
      tokens.set(clip.clipId, await tokenizer.encode(await run.windows.read(clip, context.signal)));
      // The encoder is opened when it is first used.
      context.did(tokens.size === 1 ? 'open-encoder' : 'encode');
      await breathe(context.signal);
    }
    context.progress('encode', clips.length, clips.length);
    await writeAtomic(path, writeTokens(tokens, tokenizer.shape));
    return tokens;
  } finally {
    await tokenizer.dispose();
  }
}

/** Tokens follow from the weights and from the pixels, which the snapshot's hash stands for. */
function cacheKey({ snapshot, spec }: TrainingRun, { manifest }: Checkpoint): string {
  const weights = manifest.files['weights.safetensors']?.sha256;
  return createHash('sha256')
    .update(JSON.stringify([weights, snapshot.hash, spec.config.window, spec.device]))
    .digest('hex');
}

function writeTokens(tokens: ClipTokens, { T, side }: TokenizerShape): Uint8Array {
  return writeSafetensors(
    new Map(
      [...tokens].map(([clipId, data]): [string, SafeTensor] => [
        clipId,
        { dtype: 'I32', shape: [T, side, side], data },
      ]),
    ),
  );
}

/** Null unless the file holds good tokens of all clips; then they are made again. */
async function readTokens(
  path: string,
  clips: readonly ClipSource[],
  shape: TokenizerShape,
): Promise<ClipTokens | null> {
  try {
    const { tensors } = readSafetensors(await readFile(path));
    const codes = codebookSize(shape.levels);
    const entries = clips.map(({ clipId }): [string, Int32Array] | null => {
      const tensor = tensors.get(clipId);
      const isGood =
        tensor?.dtype === 'I32' &&
        tensor.data.length === shape.tokens &&
        tensor.data.every((token) => token >= 0 && token < codes);
      return isGood ? [clipId, tensor.data] : null;
    });
    return entries.every((entry) => entry !== null) ? new Map(entries) : null;
  } catch {
    return null;
  }
}
