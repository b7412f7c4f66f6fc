/** Makes takes side by side: what is known of the clip is read, the rest sampled, latent frame by latent frame. */
import { decodeWindow } from '#main/engine/media/decode-window.ts';
import { cellsOfRegion } from '#shared/domain/region.ts';
import { windowSlide } from '#shared/domain/window-slide.ts';
import type { GenerateSpec, GenerateTask, PictureFile } from '#shared/contract/workers.ts';
import { loadModel, type LoadedModel } from '../runtime/load-checkpoint.ts';
import type { WorkerContext, WorkerHandler } from '../runtime/serve-worker.ts';
import { keepOutside } from './keep-outside.ts';
import { TakesUnderWay, type TakesOptions } from './takes-under-way.ts';
import { type SampledFrame, type SamplingRequest, VideoSampler } from './video-sampler.ts';

/** A job, and what its tasks need of the model. */
interface Making {
  readonly spec: GenerateSpec;
  readonly context: WorkerContext;
  readonly model: LoadedModel;
  readonly request: SamplingRequest;
  takes(options?: Partial<TakesOptions>): TakesUnderWay;
  sampler(request: SamplingRequest): Promise<VideoSampler>;
}

/**
 * When aborted, the takes end with the frames that are there: they become videos as well, and `stopped` is true. Throws
 * AppError `checkpoint-missing`, `checkpoint-damaged`, `text-encoder-damaged`, `disk-full`, and those of decoding.
 */
export const generateTakes: WorkerHandler<'generate'> = async (spec, context) => {
  const compute = { device: spec.device, threads: spec.threads };
  const model = await loadModel(spec.runFolder, compute, context.notice);
  const { config, origin, tokenizer, prompts, gptShape, gptWeights } = model;
  const making: Making = {
    spec,
    context,
    model,
    request: {
      prompt: await prompts.read(spec.prompt),
      settings: spec.sampling,
      seeds: spec.takes.map(({ seed }) => seed),
    },
    takes: (options) =>
      new TakesUnderWay(spec.takes, tokenizer, context, { frameCount: config.window.frames, ...options }),
    sampler: (request) => VideoSampler.create(gptWeights, gptShape, request, compute),
  };
  const takes = await make(making, spec.task);
  await prompts.dispose();
  await tokenizer.dispose();
  const { prompt, task } = spec;
  return takes.finish({ ...origin, prompt, task: task.kind, grid: gptShape.grid }, spec);
};

function make(making: Making, task: GenerateTask): Promise<TakesUnderWay> {
  switch (task.kind) {
    case 'generate':
      return sampleWindow(making, making.takes(), making.request);
    case 'extend':
      return extend(making, task);
    case 'inpaint':
      return inpaint(making, task);
    case 'inbetween':
      return inbetween(making, task);
    case 'loop':
      return loop(making, task);
  }
}

/** One window of each take; `opening`: the first latent frames of the takes, where they were sampled before. */
async function sampleWindow(
  making: Making,
  takes: TakesUnderWay,
  request: SamplingRequest,
  { known, opening }: { known?: readonly Int32Array[]; opening?: readonly SampledFrame[] } = {},
): Promise<TakesUnderWay> {
  const sampler = await making.sampler(request);
  let first = opening;
  for await (const frames of sampler.frames(known ? { known } : {})) {
    await takes.add(first ?? frames);
    first = undefined;
    if (takes.isOver) break;
  }
  await sampler.dispose();
  return takes;
}

/** The window slides over the clip's end: it begins with its last frames, and what comes after them is new. */
async function extend(
  making: Making,
  { clip, frameCount }: Extract<GenerateTask, { kind: 'extend' }>,
): Promise<TakesUnderWay> {
  const { spec, context, model } = making;
  const { config, tokenizer } = model;
  const slide = windowSlide(config.window.frames, config.tokenizer.model.strideT);
  if (!slide) throw new Error('Nothing can come after a window of one picture');
  const takes = making.takes({ frameCount });
  const frames = await decodeWindow(clip, config.window, spec.tools, context.signal);
  await takes.begin(frames, await tokenizer.encode(frames));

  const sampler = await making.sampler(making.request);
  for (let window = 0; !takes.isOver; window++) {
    const known = [];
    for (const last of takes.lastFrames(slide.keptFrames)) {
      // What would come later changes nothing about the tokens of what is there.
      const tokens = await tokenizer.encode(padWithLast(last, config.window));
      known.push(
        knownTokens(tokens.subarray(0, slide.keptLatentFrames * tokenizer.shape.frameTokens), model),
      );
    }
    takes.startWindow(slide.keptFrames);
    for await (const sampled of sampler.frames({ known, window })) {
      await takes.add(sampled);
      if (takes.isOver) break;
    }
  }
  await sampler.dispose();
  return takes;
}

/** Tokens inside the region are sampled; outside of it the clip's own pixels stay. */
async function inpaint(
  making: Making,
  { clip, region }: Extract<GenerateTask, { kind: 'inpaint' }>,
): Promise<TakesUnderWay> {
  const { spec, context, model, request } = making;
  const { config, tokenizer, gptShape } = model;
  const original = await decodeWindow(clip, config.window, spec.tools, context.signal);
  const { H, W } = gptShape.grid;
  const cells = cellsOfRegion(region, H, W);
  const tokens = await tokenizer.encode(original);
  const known = tokens.map((token, i) => (cells[i % cells.length] === 1 ? gptShape.codes : token));
  const paint = keepOutside(original, cells, { rows: H, columns: W, size: config.window.size });
  return sampleWindow(making, making.takes({ paint }), request, { known: request.seeds.map(() => known) });
}

async function inbetween(
  making: Making,
  { first, last }: Extract<GenerateTask, { kind: 'inbetween' }>,
): Promise<TakesUnderWay> {
  const { model, request } = making;
  const beginning = knownTokens(await pictureTokens(making, first), model);
  const conditions = [await pictureTokens(making, last)];
  return sampleWindow(
    making,
    making.takes(),
    { ...request, task: 'inbetween', conditions },
    {
      known: request.seeds.map(() => beginning),
    },
  );
}

/** Back to a given picture, or to the one that each take made up for itself. */
async function loop(
  making: Making,
  { first }: Extract<GenerateTask, { kind: 'loop' }>,
): Promise<TakesUnderWay> {
  const { model, request } = making;
  const opening = first ? undefined : await sampleFirst(making);
  const conditions = first ? [await pictureTokens(making, first)] : opening!.map(({ tokens }) => tokens);
  const beginnings = conditions.map((tokens) => knownTokens(tokens, model));
  return sampleWindow(
    making,
    making.takes(),
    { ...request, task: 'loop', conditions },
    {
      known: request.seeds.map((_, take) => beginnings[take] ?? beginnings[0]!),
      ...(opening && { opening }),
    },
  );
}

/** The first latent frame of each take. */
async function sampleFirst(making: Making): Promise<readonly SampledFrame[]> {
  const sampler = await making.sampler(making.request);
  try {
    for await (const frames of sampler.frames()) return frames;
    throw new Error('A window without a latent frame');
  } finally {
    await sampler.dispose();
  }
}

/** Of a picture as a still image. */
async function pictureTokens(
  { spec, context, model }: Making,
  { path, time }: PictureFile,
): Promise<Int32Array> {
  const { window } = model.config;
  const source = { path, start: time, end: time };
  const picture = await decodeWindow(source, { ...window, frames: 1 }, spec.tools, context.signal);
  return model.tokenizer.encodeStill(picture);
}

/** Tokens of a window that begins with these. */
function knownTokens(beginning: Int32Array, { gptShape }: LoadedModel): Int32Array {
  const known = new Int32Array(gptShape.videoTokens).fill(gptShape.codes);
  known.set(beginning);
  return known;
}

/** frames_THWC as a whole window, in which the last picture stays. */
function padWithLast(frames_THWC: Uint8Array, { frames, size }: LoadedModel['config']['window']): Uint8Array {
  const bytes = size * size * 3;
  const window = new Uint8Array(frames * bytes);
  const last = frames_THWC.subarray(-bytes);
  for (let at = 0; at < window.length; at += bytes) window.set(last, at);
  window.set(frames_THWC);
  return window;
}
