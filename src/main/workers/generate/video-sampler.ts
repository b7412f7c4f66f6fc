/** Samples the tokens of clips, latent frame by latent frame, from a prompt: takes of it side by side, as rows of one batch. */
import type { GptTask } from '#main/ml/gpt/parameters.ts';
import type { GptShape } from '#main/ml/gpt/shape.ts';
import type { Weights } from '#main/ml/nn/parameters.ts';
import { Random } from '#shared/domain/random.ts';
import type { SamplingSettings } from '#shared/domain/sampling-presets.ts';
import { chooseCode } from '#main/ml/sampling/choose-code.ts';
import { guide, type TokenChoice } from '#main/ml/sampling/choose-token.ts';
import { decodeStep, isDecided, startFrame } from '#main/ml/sampling/masked-decoding.ts';
import { specialToken } from '#main/ml/text/vocabulary.ts';
import type { ReadPrompt } from '../runtime/prompt-reader.ts';
import type { Compute } from '../runtime/session.ts';
import type { Decoder, Given } from './decoder.ts';
import { openDecoder } from './open-decoder.ts';

export interface SamplingRequest {
  /** `generate` when left out; whatever is known of the clip, see {@link KnownTokens}. */
  readonly task?: Exclude<GptTask, 'caption'>;
  readonly prompt: ReadPrompt;
  /** Tokens of the picture at which all takes arrive, or each of them, coded alone: for `inbetween` and `loop`. */
  readonly conditions?: readonly Int32Array[];
  readonly settings: SamplingSettings;
  /** One for each take. */
  readonly seeds: readonly number[];
}

export interface KnownTokens {
  /** Of each take's window, in raster order, with the mask `codes` where a token is to be chosen; nothing when left out. */
  readonly known?: readonly Int32Array[];
  /** Counts the windows of a longer clip: each draws numbers of its own. */
  readonly window?: number;
}

/** A latent frame that is decided. */
export interface SampledFrame {
  /** In raster order. */
  readonly tokens: Int32Array;
  /** Probability the model gave each token when it was chosen; 1 where it was given. */
  readonly confidence: Float32Array;
}

type Draw = () => number;

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
    const { task = 'generate', seeds, conditions, settings, prompt } = request;
    const isGuided = settings.guidance > 1 && prompt.text[0] !== specialToken.empty;
    const rows = isGuided ? 2 : 1;
    const gpt = await openDecoder(
      weights,
      shape,
      {
        task,
        batch: rows * seeds.length,
        // One prompt serves all takes, unless they arrive at pictures of their own.
        prompts: rows * (conditions?.length ?? 1),
        queries: shape.order === 'frame' ? shape.frameTokens : 1,
      },
      compute,
    );
    return new VideoSampler(gpt, shape, request, isGuided);
  }

  /**
   * All latent frames of a window, each as soon as it is decided in all takes, in the order of the seeds. The same seed gives
   * the same tokens, whatever takes are made beside it. What is wholly known is read, and comes back as it was given.
   */
  async *frames({ known, window = 0 }: KnownTokens = {}): AsyncGenerator<readonly SampledFrame[]> {
    const { seeds } = this.#request;
    const { videoTokens, codes } = this.#shape;
    const draws = seeds.map((seed): Draw => {
      const random = Random.seeded(seed, window === 0 ? 'sampling' : `sampling ${window}`);
      return () => random.uniform();
    });
    const nothing = new Int32Array(videoTokens).fill(codes);
    const given = seeds.map((_, take) => known?.[take] ?? nothing);
    const firstLogits = await this.#gpt.start(this.#text(), this.#given());
    yield* firstLogits === undefined ? this.#byFrame(given, draws) : this.#byToken(firstLogits, given, draws);
  }

  async dispose(): Promise<void> {
    await this.#gpt.dispose();
  }

  async *#byFrame(
    given: readonly Int32Array[],
    draws: readonly Draw[],
  ): AsyncGenerator<readonly SampledFrame[]> {
    const { frameTokens, codes, codeFactors, grid } = this.#shape;
    const { settings } = this.#request;
    for (let t = 0; t < grid.T; t++) {
      const [from, to] = [t * frameTokens, (t + 1) * frameTokens];
      const places = Int32Array.from({ length: frameTokens }, (_, i) => from + i);
      const frames = given.map((tokens) => startFrame(tokens.subarray(from, to), codes));
      const read = () => this.#gpt.read(this.#rows(frames.map(({ tokens }) => tokens)), places);
      for (let step = 0; !frames.every(isDecided); step++) {
        const { logits } = await read();
        frames.forEach((frame, take) => {
          if (isDecided(frame)) return;
          const logitsAt = (position: number) => this.#logits(logits, take, position, frameTokens);
          decodeStep(frame, logitsAt, codeFactors, step, settings.steps, settings, draws[take]!);
        });
      }
      if (t + 1 < grid.T) await (await read()).commit();
      yield frames;
    }
  }

  async *#byToken(
    firstLogits: Float32Array,
    given: readonly Int32Array[],
    draws: readonly Draw[],
  ): AsyncGenerator<readonly SampledFrame[]> {
    const { frameTokens, videoTokens, codes, codeFactors, grid } = this.#shape;
    let logits = firstLogits;
    const choose = (take: number, place: number): TokenChoice => {
      const token = given[take]![place]!;
      if (token !== codes) return { token, probability: 1 };
      return chooseCode(this.#logits(logits, take, 0, 1), codeFactors, this.#request.settings, draws[take]!);
    };
    for (let t = 0; t < grid.T; t++) {
      const frames = draws.map(() => ({
        tokens: new Int32Array(frameTokens),
        confidence: new Float32Array(frameTokens),
      }));
      for (let i = 0; i < frameTokens; i++) {
        const place = t * frameTokens + i;
        const chosen = frames.map((frame, take) => {
          const { token, probability } = choose(take, place);
          frame.tokens[i] = token;
          frame.confidence[i] = probability;
          return Int32Array.of(token);
        });
        if (place + 1 === videoTokens) break;
        const reading = await this.#gpt.read(this.#rows(chosen), Int32Array.of(place));
        if (place + 2 < videoTokens) await reading.commit();
        logits = reading.logits;
      }
      yield frames;
    }
  }

  /** Text of each row of the prefix: the prompt, and with guidance none beside it. */
  #text(): Int32Array {
    const { prompt, conditions } = this.#request;
    const none = new Int32Array(prompt.text.length).fill(specialToken.pad).fill(specialToken.empty, 0, 1);
    const texts = this.#isGuided ? [prompt.text, none] : [prompt.text];
    return Int32Array.from(
      texts.flatMap((text) => Array.from({ length: conditions?.length ?? 1 }, () => [...text])).flat(),
    );
  }

  /** What belongs to the text: without a prompt the feature is that of nothing, which is zero. */
  #given(): Given {
    const { prompt, conditions } = this.#request;
    const { feature } = prompt;
    const given: { feature?: Float32Array; condition?: Int32Array } = {};
    if (feature) {
      const prompts = conditions?.length ?? 1;
      given.feature = new Float32Array(feature.length * prompts * (this.#isGuided ? 2 : 1));
      for (let row = 0; row < prompts; row++) given.feature.set(feature, row * feature.length);
    }
    if (conditions) given.condition = this.#rows(conditions);
    return given;
  }

  /** Tokens of each take as the decoder reads them. */
  #rows(tokens: readonly Int32Array[]): Int32Array {
    const ofTakes = tokens.flatMap((ofTake) => [...ofTake]);
    return Int32Array.from(this.#isGuided ? [...ofTakes, ...ofTakes] : ofTakes);
  }

  /** Logits of a position in a take, after guidance. */
  #logits(logits: Float32Array, take: number, position: number, queries: number): Float32Array {
    const { videoLogits } = this.#shape;
    const ofRow = (row: number) => {
      const start = (row * queries + position) * videoLogits;
      return logits.subarray(start, start + videoLogits);
    };
    if (!this.#isGuided) return ofRow(take);
    const { seeds, settings } = this.#request;
    return guide(ofRow(take), ofRow(seeds.length + take), settings.guidance);
  }
}
