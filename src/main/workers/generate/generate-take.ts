/** Makes a take: samples latent frame by latent frame, and writes what each stands for as soon as it is decided. */
import { loadModel } from '../runtime/load-checkpoint.ts';
import type { WorkerHandler } from '../runtime/serve-worker.ts';
import { TakeWriter } from './take-writer.ts';
import { VideoSampler } from './video-sampler.ts';

/**
 * When aborted, the take ends with the frames that are there: they become a video as well, and `stopped` is true. Throws
 * AppError `checkpoint-missing`, `checkpoint-damaged`, `disk-full`.
 */
export const generateTake: WorkerHandler<'generate'> = async (spec, context) => {
  const { prompt, sampling, frameRate } = spec;
  const compute = { device: spec.device, threads: spec.threads };
  const { config, origin, tokenizer, textEncoding, gptShape, gptWeights } = await loadModel(
    spec.runFolder,
    compute,
    context.notice,
  );
  const { frames: frameCount, size } = config.window;
  const text = textEncoding.encodePrompt(prompt, gptShape.textLength);
  const sampler = await VideoSampler.create(gptWeights, gptShape, text, sampling, compute);
  const take = new TakeWriter(spec.takeFolder, size);

  context.progress('sample', 0, frameCount);
  const tokens: number[] = [];
  const confidence: number[] = [];
  for await (const frame of sampler.frames()) {
    tokens.push(...frame.tokens);
    confidence.push(...frame.confidence);
    const done = await take.writeFrames(await tokenizer.decode(tokens));
    context.emit('frames', { done, total: frameCount, width: size, height: size });
    context.progress('sample', done, frameCount);
    if (context.signal.aborted) break;
  }
  await sampler.dispose();
  await tokenizer.dispose();

  await take.writeTokens({ ...origin, prompt, sampling, grid: gptShape.grid, tokens, confidence });
  await take.writeVideo(frameRate, spec.tools);
  return { frames: take.frames, stopped: take.frames < frameCount };
};
