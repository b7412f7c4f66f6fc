/** Makes takes of a prompt side by side: samples latent frame by latent frame, and writes what each stands for as soon as it is decided. */
import { loadModel } from '../runtime/load-checkpoint.ts';
import type { WorkerHandler } from '../runtime/serve-worker.ts';
import { TakeWriter } from './take-writer.ts';
import { VideoSampler } from './video-sampler.ts';

/**
 * When aborted, the takes end with the frames that are there: they become videos as well, and `stopped` is true. Throws
 * AppError `checkpoint-missing`, `checkpoint-damaged`, `text-encoder-damaged`, `disk-full`.
 */
export const generateTakes: WorkerHandler<'generate'> = async (spec, context) => {
  const { prompt, sampling, frameRate } = spec;
  const compute = { device: spec.device, threads: spec.threads };
  const { config, origin, tokenizer, prompts, gptShape, gptWeights } = await loadModel(
    spec.runFolder,
    compute,
    context.notice,
  );
  const { frames: frameCount, size } = config.window;
  const request = {
    prompt: await prompts.read(prompt),
    settings: sampling,
    seeds: spec.takes.map(({ seed }) => seed),
  };
  const sampler = await VideoSampler.create(gptWeights, gptShape, request, compute);
  const takes = spec.takes.map(({ folder, seed }) => ({
    seed,
    writer: new TakeWriter(folder, size),
    tokens: [] as number[],
    confidence: [] as number[],
  }));
  const framesDone = () => takes.reduce((sum, { writer }) => sum + writer.frames, 0);

  context.progress('sample', 0, frameCount * takes.length);
  for await (const frames of sampler.frames()) {
    for (const [i, take] of takes.entries()) {
      take.tokens.push(...frames[i]!.tokens);
      take.confidence.push(...frames[i]!.confidence);
      const done = await take.writer.writeFrames(await tokenizer.decode(take.tokens));
      context.emit('frames', { take: i, done, total: frameCount, width: size, height: size });
      context.progress('sample', framesDone(), frameCount * takes.length);
    }
    if (context.signal.aborted) break;
  }
  await sampler.dispose();
  await prompts.dispose();
  await tokenizer.dispose();

  for (const { seed, writer, tokens, confidence } of takes) {
    const steered = { ...sampling, seed };
    const facts = { prompt, sampling: steered, grid: gptShape.grid };
    await writer.writeTokens({ ...origin, ...facts, tokens, confidence });
    await writer.writeVideo(frameRate, spec.tools);
  }
  const { frames } = takes[0]!.writer;
  return { frames, stopped: frames < frameCount };
};
