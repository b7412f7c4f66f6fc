/** Turns every clip that the GPT is trained or evaluated on into tokens, once for each tokenizer and snapshot. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { tokenizerShape } from '#main/ml/tokenizer/shape.ts';
import { breathe } from '../runtime/breathe.ts';
import type { Checkpoint } from '../runtime/checkpoint-store.ts';
import { openTokenizer } from '../runtime/load-checkpoint.ts';
import type { TrainingRun } from './run.ts';
import { TokenFile } from './token-file.ts';

/** Records are the clips of the train split in order, then those of the held-out one. The caller closes the file. */
export async function encodeClips(run: TrainingRun, checkpoint: Checkpoint): Promise<TokenFile> {
  const { context, spec } = run;
  const { tokenizer: config, window } = checkpoint.manifest.config;
  const clips = [...run.train, ...run.val];
  const records = { count: clips.length, length: tokenizerShape(config.model, window).tokens };
  const path = join(spec.cacheFolder, 'tokens', `${cacheKey(run, checkpoint)}.tokens`);
  const known = await TokenFile.open(path, records);
  if (known) return known;

  const tokenizer = openTokenizer(checkpoint, spec);
  try {
    await TokenFile.write(path, records, async (record) => {
      context.progress('encode', record, clips.length);
      await breathe(context.signal);
      const tokens = await tokenizer.encode(await run.windows.read(clips[record]!, context.signal));
      // The encoder is opened when it is first used.
      context.did(record === 0 ? 'open-encoder' : 'encode');
      return tokens;
    });
  } finally {
    await tokenizer.dispose();
  }
  context.progress('encode', clips.length, clips.length);
  const written = await TokenFile.open(path, records);
  if (!written) throw new Error(`${path} is not what was written to it`);
  return written;
}

/**
 * Tokens follow from the weights, from the pixels and their order, which the snapshot's hash stands for, and from how sums
 * are divided among threads.
 */
function cacheKey({ snapshot, spec, val }: TrainingRun, { manifest }: Checkpoint): string {
  const weights = manifest.files['weights.safetensors']?.sha256;
  const { device, threads, config } = spec;
  return createHash('sha256')
    .update(JSON.stringify([weights, snapshot.hash, val.length, config.window, device, threads]))
    .digest('hex');
}
