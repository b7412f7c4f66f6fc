/** Samples the tokens of clips, latent frame by latent frame, from a prompt: takes of it side by side, as rows of one batch. */
import type { GptShape } from '#main/ml/gpt/shape.ts';
import type { Weights } from '#main/ml/nn/parameters.ts';
import { Random } from '#shared/domain/random.ts';
import type { SamplingSettings } from '#shared/domain/sampling-presets.ts';
import { chooseToken, guide } from '#main/ml/sampling/choose-token.ts';
import { decodeStep, isDecided, startFrame } from '#main/ml/sampling/masked-decoding.ts';
import { specialToken } from '#main/ml/text/vocabulary.ts';
import type { ReadPrompt } from '../runtime/prompt-reader.ts';
import type { Compute } from '../runtime/session.ts';
import type { Decoder, Given } from './decoder.ts';
import { openDecoder } from './open-decoder.ts';

export interface SamplingRequest {
  readonly prompt: ReadPrompt;
  readonly settings: SamplingSettings;
  /** One for each take. */
  readonly seeds: readonly number[];
}

/** A latent frame that is decided. */
export interface SampledFrame {
  /** In raster order. */
  readonly tokens: Int32Array;
  /** Probability the model gave each token when it was chosen. */
  readonly confidence: Float32Array;
}

export class VideoSampler {
  readonly #gpt: Decoder;
  readonly #shape: GptShape;
  readonly #request: SamplingRequest;
  /** With guidance, rows of all takes that read no prompt follow those that do. */
  readonly #isGuided: boolean;

  private constructor(gpt: Decoder, shape: GptShape, request: SamplingRequest, isGuided: boolean) {
    this.#gpt = gpt;
    this.#shape = shape;
    this.#request = request;
    this.#isGuided = isGuided;
  }

  static async create(
    weights: Weights,
    shape: GptShape,
    request: SamplingRequest,
    compute: Compute,
  ): Promise<VideoSampler> {
    const isGuided = request.settings.guidance > 1 && request.prompt.text[0] !== specialToken.empty;
    const prompts = isGuided ? 2 : 1;
    const gpt = await openDecoder(
      weights,
      shape,
      {
        task: 'generate',
        batch: prompts * request.seeds.length,
        prompts,
        queries: shape.order === 'frame' ? shape.frameTokens : 1,
      },
      compute,
    );
    return new VideoSampler(gpt, shape, request, isGuided);
  }

  /**
   * All latent frames of the clips, each as soon as it is decided in all takes, in the order of the seeds. The same seed gives
   * the same tokens, whatever takes are made beside it.
   */
  async *frames(): AsyncGenerator<readonly SampledFrame[]> {
    const draws = this.#request.seeds.map((seed) => {
      const random = Random.seeded(seed, 'sampling');
      return () => random.uniform();
    });
    const firstLogits = await this.#gpt.start(this.#text(), this.#given());
    yield* firstLogits === undefined ? this.#byFrame(draws) : this.#byToken(firstLogits, draws);
  }

  async dispose(): Promise<void> {
    await this.#gpt.dispose();
  }

  async *#byFrame(draws: readonly (() => number)[]): AsyncGenerator<readonly SampledFrame[]> {
    const { frameTokens, codes, grid } = this.#shape;
    const { settings } = this.#request;
    for (let t = 0; t < grid.T; t++) {
      const places = Int32Array.from({ length: frameTokens }, (_, i) => t * frameTokens + i);
      const frames = draws.map(() => startFrame(frameTokens, codes));
      const read = () => this.#gpt.read(this.#rows(frames.map(({ tokens }) => tokens)), places);
      for (let step = 0; !frames.every(isDecided); step++) {
        const { logits } = await read();
        frames.forEach((frame, take) => {
          if (isDecided(frame)) return;
          const logitsAt = (position: number) => this.#logits(logits, take, position, frameTokens);
          decodeStep(frame, logitsAt, step, settings.steps, settings, draws[take]!);
        });
      }
      if (t + 1 < grid.T) await (await read()).commit();
      yield frames;
    }
  }

  async *#byToken(
    firstLogits: Float32Array,
    draws: readonly (() => number)[],
  ): AsyncGenerator<readonly SampledFrame[]> {
    const { frameTokens, videoTokens, grid } = this.#shape;
    let logits = firstLogits;
    for (let t = 0; t < grid.T; t++) {
      const frames = draws.map(() => ({
        tokens: new Int32Array(frameTokens),
        confidence: new Float32Array(frameTokens),
      }));
      for (let i = 0; i < frameTokens; i++) {
        const chosen = frames.map((frame, take) => {
          const { token, probability } = chooseToken(
            this.#logits(logits, take, 0, 1),
            this.#request.settings,
            draws[take]!,
          );
          frame.tokens[i] = token;
          frame.confidence[i] = probability;
          return Int32Array.of(token);
        });
        const place = t * frameTokens + i;
        if (place + 1 === videoTokens) break;
        const reading = await this.#gpt.read(this.#rows(chosen), Int32Array.of(place));
        if (place + 2 < videoTokens) await reading.commit();
        logits = reading.logits;
      }
      yield frames;
    }
  }

  /** Rows of the prefix: the prompt, and with guidance none beside it. */
  #text(): Int32Array {
    const { text } = this.#request.prompt;
    if (!this.#isGuided) return text;
    const none = new Int32Array(text.length).fill(specialToken.pad).fill(specialToken.empty, 0, 1);
    return Int32Array.of(...text, ...none);
  }

  /** What belongs to the text: with guidance, the row without a prompt has the feature of nothing, which is zero. */
  #given(): Given {
    const { feature } = this.#request.prompt;
    if (!feature) return {};
    const rows = new Float32Array(feature.length * (this.#isGuided ? 2 : 1));
    rows.set(feature);
    return { feature: rows };
  }

  /** Tokens of each take as the decoder reads them. */
  #rows(tokens: readonly Int32Array[]): Int32Array {
    const ofTakes = tokens.flatMap((ofTake) => [...ofTake]);
    return Int32Array.from(this.#isGuided ? [...ofTakes, ...ofTakes] : ofTakes);
  }

  /** Logits of a position in a take, after guidance. */
  #logits(logits: Float32Array, take: number, position: number, queries: number): Float32Array {
    const { codes } = this.#shape;
    const ofRow = (row: number) => {
      const start = (row * queries + position) * codes;
      return logits.subarray(start, start + codes);
    };
    if (!this.#isGuided) return ofRow(take);
    const { seeds, settings } = this.#request;
    return guide(ofRow(take), ofRow(seeds.length + take), settings.guidance);
  }
}
