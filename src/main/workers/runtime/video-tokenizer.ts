/** A trained tokenizer, ready to turn windows into tokens and tokens into frames. */
import type { Weights } from '#main/ml/nn/parameters.ts';
import { encodeModel } from '#main/ml/onnx/encode.ts';
import { decodeGraph, encodeGraph } from '#main/ml/tokenizer/graphs.ts';
import { framesOf, fromPatches, toPatches } from '#main/ml/tokenizer/patches.ts';
import type { TokenizerShape } from '#main/ml/tokenizer/shape.ts';
import { loweringFor, Session, type Compute } from './session.ts';

export class VideoTokenizer {
  readonly shape: TokenizerShape;
  readonly #weights: Weights;
  readonly #compute: Compute;
  /** Opened when first needed: generating never encodes, encoding never decodes. */
  #encoder: Promise<Session> | undefined;
  #stillEncoder: Promise<Session> | undefined;
  #decoder: Promise<Session> | undefined;

  constructor(weights: Weights, shape: TokenizerShape, compute: Compute) {
    this.shape = shape;
    this.#weights = weights;
    this.#compute = compute;
  }

  /** A whole window frames_THWC (uint8 RGB) → tokens_THW. */
  async encode(window: Uint8Array): Promise<Int32Array> {
    this.#encoder ??= this.#open(encodeGraph, this.shape.T);
    const { first, later } = toPatches([window], this.shape);
    const session = await this.#encoder;
    const { tokens } = await session.run(session.model.inputs.has('later') ? { first, later } : { first });
    return tokens as Int32Array;
  }

  /** A picture picture_HWC (uint8 RGB) as a still image → tokens_HW, as the first latent frame of a clip has them. */
  async encodeStill(picture: Uint8Array): Promise<Int32Array> {
    const { size, T } = this.shape;
    if (picture.length !== size * size * 3)
      throw new Error(`${picture.length} bytes are no picture of ${size}×${size}`);
    if (T === 1) return this.encode(picture);
    this.#stillEncoder ??= this.#open(encodeGraph, 1);
    const { first } = toPatches([picture], this.shape);
    return (await (await this.#stillEncoder).run({ first }))['tokens'] as Int32Array;
  }

  /**
   * The first latent frames of a clip, tokens_THW → the frames they stand for, frames_THWC (uint8 RGB). What comes later
   * changes nothing about them: frames can be shown as soon as their tokens are decided.
   */
  async decode(tokens: ArrayLike<number>): Promise<Uint8Array> {
    const { shape } = this;
    const latentFrames = tokens.length / shape.frameTokens;
    if (!Number.isInteger(latentFrames) || latentFrames < 1 || latentFrames > shape.T) {
      throw new Error(`${tokens.length} tokens are not 1 … ${shape.T} latent frames of ${shape.frameTokens}`);
    }
    this.#decoder ??= this.#open(decodeGraph, shape.T);
    const padded = Int32Array.from({ length: shape.tokens }, (_, i) => tokens[i] ?? 0);
    const { first, later } = await (await this.#decoder).run({ tokens: padded });
    const frames = fromPatches(
      { first: first as Float32Array, later: (later ?? new Float32Array(0)) as Float32Array },
      shape,
    );
    return frames.subarray(0, framesOf(latentFrames, shape) * shape.size * shape.size * 3);
  }

  async dispose(): Promise<void> {
    await (await this.#encoder)?.dispose();
    await (await this.#stillEncoder)?.dispose();
    await (await this.#decoder)?.dispose();
  }

  #open(build: typeof encodeGraph, latentFrames: number): Promise<Session> {
    const lowering = loweringFor(this.#compute.device);
    return Session.create(
      encodeModel(build(this.#weights, this.shape, { batch: 1, latentFrames, lowering })),
      this.#compute,
    );
  }
}
