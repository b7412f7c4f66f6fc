/** In which order clips are trained on: an endless row of epochs, each a shuffle of its own by seed. */
import { Random } from '#shared/domain/random.ts';

export interface DataCursor {
  epoch: number;
  /** Clips of that epoch that are used up. */
  clip: number;
}

export class DataOrder {
  readonly #count: number;
  readonly #seed: number;
  #epoch = -1;
  #order: number[] = [];

  /** `count` clips; every position of the row follows from `seed` alone. */
  constructor(count: number, seed: number) {
    if (count < 1) throw new Error('There must be at least one clip to train on');
    this.#count = count;
    this.#seed = seed;
  }

  /** Clips `position` … `position + size - 1` of the row. A batch may reach into the next epoch, or over several. */
  batch(position: number, size: number): number[] {
    return Array.from({ length: size }, (_, i) => this.#clipAt(position + i));
  }

  cursorAt(position: number): DataCursor {
    return { epoch: Math.floor(position / this.#count), clip: position % this.#count };
  }

  #clipAt(position: number): number {
    const { epoch, clip } = this.cursorAt(position);
    if (epoch !== this.#epoch) {
      const identity = Array.from({ length: this.#count }, (_, i) => i);
      this.#order = Random.seeded(this.#seed, `epoch ${epoch}`).shuffle(identity);
      this.#epoch = epoch;
    }
    return this.#order[clip]!;
  }
}
