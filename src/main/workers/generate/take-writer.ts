/** The files of a take: numbered pictures, the tokens they came from, and the video. */
import { join } from 'node:path';
import { encodePng } from '#main/engine/media/encode-png.ts';
import { encodeMp4 } from '#main/engine/media/encode-video.ts';
import type { Sampling } from '#shared/contract/generation.ts';
import type { GenerateTask, MediaTools } from '#shared/contract/workers.ts';
import type { TokenGrid } from '#main/ml/gpt/shape.ts';
import type { ModelOrigin } from '../runtime/trained-model.ts';
import { writeAtomic } from '../runtime/write-atomic.ts';

/** Small clips are enlarged in the video to at least this many pixels a side, by a whole factor. */
const WATCHABLE_SIZE = 256;
const TOKENS_FORMAT = 1;

/** What it takes to make the take again, and how sure the model was of each token. */
export type TakeTokens = ModelOrigin & {
  readonly prompt: string;
  readonly task: GenerateTask['kind'];
  readonly sampling: Sampling;
  /** Of a window of the model. */
  readonly grid: TokenGrid;
  /**
   * In raster order, latent frame by latent frame; fewer than the grid holds when the take was stopped, more when a clip was
   * extended beyond the window.
   */
  readonly tokens: readonly number[];
  readonly confidence: readonly number[];
};

export class TakeWriter {
  readonly #folder: string;
  readonly #size: number;
  readonly #frames: Uint8Array[] = [];

  /** @param size pixels a side; frames are square */
  constructor(folder: string, size: number) {
    this.#folder = folder;
    this.#size = size;
  }

  /** Pictures written. */
  get frames(): number {
    return this.#frames.length;
  }

  /** Writes those of `frames_THWC` (RGB 0…255) that are new. The first of them is frame number `start` of the take. */
  async writeFrames(frames_THWC: Uint8Array, start = 0): Promise<void> {
    const bytes = this.#size * this.#size * 3;
    while ((this.frames + 1 - start) * bytes <= frames_THWC.length) {
      const at = this.frames - start;
      const frame = frames_THWC.slice(at * bytes, (at + 1) * bytes);
      const name = `frame-${String(this.frames).padStart(4, '0')}.png`;
      await writeAtomic(join(this.#folder, name), await encodePng(frame, this.#size, this.#size));
      this.#frames.push(frame);
    }
  }

  /** The last `count` pictures, frames_THWC. */
  lastFrames(count: number): Uint8Array {
    const last = this.#frames.slice(-count);
    const bytes = this.#size * this.#size * 3;
    const frames_THWC = new Uint8Array(last.length * bytes);
    last.forEach((frame, i) => frames_THWC.set(frame, i * bytes));
    return frames_THWC;
  }

  async writeTokens(tokens: TakeTokens): Promise<void> {
    const rounded = tokens.confidence.map((share) => Number(share.toPrecision(4)));
    const contents = { format: TOKENS_FORMAT, ...tokens, confidence: rounded };
    await writeAtomic(join(this.#folder, 'tokens.json'), JSON.stringify(contents));
  }

  async writeVideo(frameRate: number, tools: MediaTools): Promise<void> {
    await encodeMp4({
      frames: this.#frames,
      width: this.#size,
      height: this.#size,
      frameRate,
      outputPath: join(this.#folder, 'take.mp4'),
      tools,
      scale: Math.max(1, Math.ceil(WATCHABLE_SIZE / this.#size)),
    });
  }
}
