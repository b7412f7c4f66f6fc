/** Takes that are made side by side: what is sampled for them, latent frame by latent frame, becomes pictures at once. */
import { framesOf } from '#main/ml/tokenizer/patches.ts';
import type { GenerateSpec } from '#shared/contract/workers.ts';
import type { WorkerContext } from '../runtime/serve-worker.ts';
import type { ModelOrigin } from '../runtime/trained-model.ts';
import type { VideoTokenizer } from '../runtime/video-tokenizer.ts';
import { TakeWriter, type TakeTokens } from './take-writer.ts';
import type { SampledFrame } from './video-sampler.ts';

interface TakeUnderWay {
  readonly seed: number;
  readonly writer: TakeWriter;
  readonly tokens: number[];
  readonly confidence: number[];
  /** Tokens of the window that is being sampled. */
  window: number[];
}

export interface TakesOptions {
  /** Frames of each take when it is whole. */
  readonly frameCount: number;
  /** What becomes of the decoded frames_THWC from the start of a window before they are written. */
  readonly paint?: (frames_THWC: Uint8Array) => Uint8Array;
}

export class TakesUnderWay {
  readonly #takes: readonly TakeUnderWay[];
  readonly #tokenizer: VideoTokenizer;
  readonly #context: WorkerContext;
  readonly #options: TakesOptions;
  /** Number of the frame that the window begins with. */
  #windowStart = 0;

  constructor(
    takes: GenerateSpec['takes'],
    tokenizer: VideoTokenizer,
    context: WorkerContext,
    options: TakesOptions,
  ) {
    this.#tokenizer = tokenizer;
    this.#context = context;
    this.#options = options;
    this.#takes = takes.map(({ folder, seed }) => ({
      seed,
      writer: new TakeWriter(folder, tokenizer.shape.size),
      tokens: [],
      confidence: [],
      window: [],
    }));
    context.progress('sample', 0, this.#total);
  }

  /** Frames that all takes have. */
  get frames(): number {
    return this.#takes[0]!.writer.frames;
  }

  /** Whether no more frames are wanted: all are there, or the job was told to stop. */
  get isOver(): boolean {
    return this.frames >= this.#options.frameCount || this.#context.signal.aborted;
  }

  /** What all takes begin with: frames_THWC and the tokens that stand for them. */
  async begin(frames_THWC: Uint8Array, tokens: Int32Array): Promise<void> {
    for (const [i, take] of this.#takes.entries()) {
      for (const token of tokens) {
        take.tokens.push(token);
        take.confidence.push(1);
      }
      await take.writer.writeFrames(frames_THWC);
      this.#tell(i);
    }
  }

  /** The next latent frames are those of a new window, whose first `kept` frames are the last of the takes. */
  startWindow(kept: number): void {
    this.#windowStart = this.frames - kept;
    for (const take of this.#takes) take.window = [];
  }

  /** The next latent frame of each take. Of what a window began with, nothing is new. */
  async add(frames: readonly SampledFrame[]): Promise<void> {
    const { shape } = this.#tokenizer;
    for (const [i, take] of this.#takes.entries()) {
      const { tokens, confidence } = frames[i]!;
      take.window.push(...tokens);
      const inWindow = framesOf(take.window.length / shape.frameTokens, shape);
      if (this.#windowStart + inWindow <= take.writer.frames) continue;
      take.tokens.push(...tokens);
      take.confidence.push(...confidence);
      const decoded = await this.#tokenizer.decode(take.window);
      await take.writer.writeFrames(this.#options.paint?.(decoded) ?? decoded, this.#windowStart);
      this.#tell(i);
    }
  }

  /** The last `count` pictures of each take, frames_THWC. */
  lastFrames(count: number): Uint8Array[] {
    return this.#takes.map(({ writer }) => writer.lastFrames(count));
  }

  /** Writes what belongs to the takes beside their pictures. */
  async finish(
    facts: ModelOrigin & Pick<TakeTokens, 'prompt' | 'task' | 'grid'>,
    { sampling, frameRate, tools }: GenerateSpec,
  ): Promise<{ frames: number; stopped: boolean }> {
    for (const { seed, writer, tokens, confidence } of this.#takes) {
      await writer.writeTokens({ ...facts, sampling: { ...sampling, seed }, tokens, confidence });
      await writer.writeVideo(frameRate, tools);
    }
    return { frames: this.frames, stopped: this.frames < this.#options.frameCount };
  }

  get #total(): number {
    return this.#options.frameCount * this.#takes.length;
  }

  #tell(take: number): void {
    const { size } = this.#tokenizer.shape;
    const done = this.#takes[take]!.writer.frames;
    this.#context.emit('frames', {
      take,
      done,
      total: this.#options.frameCount,
      width: size,
      height: size,
    });
    const all = this.#takes.reduce((sum, { writer }) => sum + writer.frames, 0);
    this.#context.progress('sample', all, this.#total);
  }
}
