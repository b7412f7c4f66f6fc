/** Suggests a caption for each clip: its window as tokens, and the likeliest text after them. */
import { AppError } from '#shared/errors/app-error.ts';
import { openDecoder } from '../generate/open-decoder.ts';
import { loadModel } from '../runtime/load-checkpoint.ts';
import type { WorkerHandler } from '../runtime/serve-worker.ts';
import { createWindowCache } from '../runtime/window-cache.ts';
import { writeCaption } from './write-caption.ts';

/** Throws AppError `cancelled`, `checkpoint-missing`, `checkpoint-damaged`, and those of decoding. */
export const suggestCaptions: WorkerHandler<'caption'> = async (spec, context) => {
  const { signal } = context;
  const compute = { device: spec.device, threads: spec.threads };
  const { config, tokenizer, textEncoding, gptShape, gptWeights } = await loadModel(
    spec.runFolder,
    compute,
    context.notice,
  );
  const windows = createWindowCache(spec.cacheFolder, config.window, spec.tools);
  const options = { task: 'caption', batch: 1, queries: 1 } as const;
  const gpt = await openDecoder(gptWeights, gptShape, options, compute);

  const suggestions = [];
  for (const [i, clip] of spec.clips.entries()) {
    context.progress('caption', i, spec.clips.length);
    if (signal.aborted) throw new AppError('cancelled');
    const tokens = await tokenizer.encode(await windows.read(clip, signal));
    const { text, logProbability } = await writeCaption(gpt, tokens, gptShape.textLength);
    suggestions.push({ clipId: clip.clipId, text: textEncoding.decode(text), logProbability });
  }
  context.progress('caption', spec.clips.length, spec.clips.length);
  await gpt.dispose();
  await tokenizer.dispose();
  return { suggestions };
};
