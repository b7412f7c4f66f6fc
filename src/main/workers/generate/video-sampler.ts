/** Samples the tokens of a clip, latent frame by latent frame, from a prompt. */
import type { Sampling } from '#shared/contract/generation.ts';
import type { GptShape } from '#main/ml/gpt/shape.ts';
import type { Weights } from '#main/ml/nn/parameters.ts';
import { Random } from '#shared/domain/random.ts';
import { chooseToken, guide } from '#main/ml/sampling/choose-token.ts';
import { decodeStep, startFrame } from '#main/ml/sampling/masked-decoding.ts';
import { specialToken } from '#main/ml/text/vocabulary.ts';
import type { Compute } from '../runtime/session.ts';
import type { Decoder } from './decoder.ts';
import { openDecoder } from './open-decoder.ts';

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
  readonly #text: Int32Array;
  readonly #sampling: Sampling;
  readonly #rows: number;

  private constructor(gpt: Decoder, shape: GptShape, text: Int32Array, sampling: Sampling, rows: number) {
    this.#gpt = gpt;
    this.#shape = shape;
    this.#text = text;
    this.#sampling = sampling;
    this.#rows = rows;
  }

  /** @param prompt from `BytePairEncoding.encodePrompt` */
  static async create(
    weights: Weights,
    shape: GptShape,
    prompt: Int32Array,
    sampling: Sampling,
    compute: Compute,
  ): Promise<VideoSampler> {
    // With guidance, a second row reads no prompt beside the first, which does.
    const isGuided = sampling.guidance > 1 && prompt[0] !== specialToken.empty;
    const rows = isGuided ? 2 : 1;
    const text = new Int32Array(rows * shape.textLength).fill(specialToken.pad);
    text.set(prompt);
    if (isGuided) text[shape.textLength] = specialToken.empty;
    const queries = shape.order === 'frame' ? shape.frameTokens : 1;
    const gpt = await openDecoder(weights, shape, { task: 'generate', batch: rows, queries }, compute);
    return new VideoSampler(gpt, shape, text, sampling, rows);
  }

  /** All latent frames of a clip, each as soon as it is decided. The same seed gives the same tokens. */
  async *frames(): AsyncGenerator<SampledFrame> {
    const random = Random.seeded(this.#sampling.seed, 'sampling');
    const uniform = () => random.uniform();
    const firstLogits = await this.#gpt.start(this.#text);
    yield* firstLogits === undefined ? this.#byFrame(uniform) : this.#byToken(firstLogits, uniform);
  }

  async dispose(): Promise<void> {
    await this.#gpt.dispose();
  }

  async *#byFrame(random: () => number): AsyncGenerator<SampledFrame> {
    const { frameTokens, codes, grid } = this.#shape;
    const { steps } = this.#sampling;
    for (let t = 0; t < grid.T; t++) {
      const places = Int32Array.from({ length: frameTokens }, (_, i) => t * frameTokens + i);
      const frame = startFrame(frameTokens, codes);
      for (let step = 0; step < steps; step++) {
        const { logits } = await this.#gpt.read(this.#forEachRow(frame.tokens), places);
        const logitsAt = (position: number) => this.#guided(logits, position, frameTokens);
        decodeStep(frame, logitsAt, step, steps, this.#sampling, random);
        if (!frame.isMasked.includes(1)) break;
      }
      if (t + 1 < grid.T) await (await this.#gpt.read(this.#forEachRow(frame.tokens), places)).commit();
      yield frame;
    }
  }

  async *#byToken(firstLogits: Float32Array, random: () => number): AsyncGenerator<SampledFrame> {
    const { frameTokens, videoTokens, grid } = this.#shape;
    let logits = firstLogits;
    for (let t = 0; t < grid.T; t++) {
      const tokens = new Int32Array(frameTokens);
      const confidence = new Float32Array(frameTokens);
      for (let i = 0; i < frameTokens; i++) {
        const choice = chooseToken(this.#guided(logits, 0, 1), this.#sampling, random);
        tokens[i] = choice.token;
        confidence[i] = choice.probability;
        const place = t * frameTokens + i;
        if (place + 1 === videoTokens) break;
        const reading = await this.#gpt.read(
          this.#forEachRow(Int32Array.of(choice.token)),
          Int32Array.of(place),
        );
        if (place + 2 < videoTokens) await reading.commit();
        logits = reading.logits;
      }
      yield { tokens, confidence };
    }
  }

  #forEachRow(tokens: Int32Array): Int32Array {
    const all = new Int32Array(this.#rows * tokens.length);
    for (let row = 0; row < this.#rows; row++) all.set(tokens, row * tokens.length);
    return all;
  }

  /** Logits of a position after guidance. */
  #guided(logits: Float32Array, position: number, queries: number): Float32Array {
    const { codes } = this.#shape;
    const ofRow = (row: number) => {
      const start = (row * queries + position) * codes;
      return logits.subarray(start, start + codes);
    };
    return this.#rows === 1 ? ofRow(0) : guide(ofRow(0), ofRow(1), this.#sampling.guidance);
  }
}
