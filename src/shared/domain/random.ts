/**
 * The one source of random numbers: xoshiro128** (Blackman and Vigna 2018, prng.di.unimi.it), seeded through SplitMix32.
 * Its state is four numbers, so that a checkpoint can hold it and a resumed run draws what it would have drawn.
 */

export type RandomState = readonly [number, number, number, number];

export class Random {
  #state: Uint32Array;

  private constructor(state: RandomState) {
    this.#state = Uint32Array.from(state);
  }

  /** Streams of different names are independent, so that adding one does not shift the others. */
  static seeded(seed: number, stream = ''): Random {
    let mixed = seed >>> 0;
    for (let i = 0; i < stream.length; i++) mixed = splitMix(mixed ^ stream.charCodeAt(i));
    const words = [1, 2, 3, 4].map((i) => splitMix((mixed + Math.imul(i, 0x9e3779b9)) >>> 0));
    // All zeros is the one state that never moves.
    if (!words.some((word) => word !== 0)) words[0] = 1;
    return new Random(words as unknown as RandomState);
  }

  static restored(state: RandomState): Random {
    return new Random(state);
  }

  get state(): RandomState {
    return [...this.#state] as unknown as RandomState;
  }

  /** An integer from 0 to 2³²−1. */
  uint32(): number {
    const s = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const shifted = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= shifted;
    s[3] = rotateLeft(s[3]!, 11);
    return result;
  }

  /** A number in [0, 1) with 32 random bits. */
  uniform(): number {
    return this.uint32() / 2 ** 32;
  }

  /** An integer in [0, limit). */
  integer(limit: number): number {
    return Math.floor(this.uniform() * limit);
  }

  /** Standard normal, by Box and Muller; each call takes two draws and keeps nothing. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Shuffles in place (Fisher and Yates). */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [items[i], items[j]] = [items[j]!, items[i]!];
    }
    return items;
  }
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** One step of SplitMix32 (the finaliser of MurmurHash3 over a Weyl sequence). */
function splitMix(seed: number): number {
  let z = (seed + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}
