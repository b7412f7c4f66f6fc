/** Finds clips that show the same thing (one source, re-encoded, trimmed, recoloured a little) and puts them in one group. */
import { countBits, hashWords } from './perceptual-hash.ts';

export interface HashedClip {
  id: string;
  assetId: string;
  /** One a frame, 16 hex digits each. Flat frames have none, since white looks like white. */
  perceptualHashes: readonly string[];
}

/**
 * Frames at most this many bits apart look alike. With the share below this was tuned on the 187 animated emoji of one
 * package: of 96 re-encoded, shrunk or time-shifted copies 94 were found (the others: a cyclone and a tornado, shifted),
 * and of 17,391 pairs of emoji 21 joined, nearly all of them one drawing in two variants (a man and a woman running).
 */
export const ALIKE_BITS = 6;
/** Two clips are near-duplicates when this share of the frames of each finds its like in the other, at whatever time. */
export const ALIKE_SHARE = 0.6;

/**
 * Returns the group of each clip: clips that share an asset, or are near-duplicates, or are linked by a chain of such.
 * A group is named by the smallest id in it, so the order of clips does not matter.
 */
export function groupClips(clips: readonly HashedClip[]): Map<string, string> {
  const groups = new UnionFind(clips.length);
  const firstOfAsset = new Map<string, number>();
  clips.forEach((clip, i) => {
    const first = firstOfAsset.get(clip.assetId);
    if (first === undefined) firstOfAsset.set(clip.assetId, i);
    else groups.join(first, i);
  });
  for (const [a, b] of nearDuplicatePairs(clips)) groups.join(a, b);

  const smallestId = new Map<number, string>();
  clips.forEach((clip, i) => {
    const root = groups.find(i);
    const known = smallestId.get(root);
    if (known === undefined || clip.id < known) smallestId.set(root, clip.id);
  });
  return new Map(clips.map((clip, i) => [clip.id, smallestId.get(groups.find(i))!]));
}

/** Indices of clips that are near-duplicates of each other. */
export function nearDuplicatePairs(
  clips: readonly Pick<HashedClip, 'perceptualHashes'>[],
): [number, number][] {
  const index = new HashIndex(clips);
  const framesAlike = clips.map((_, i) => index.countAlike(i));
  const pairs: [number, number][] = [];
  framesAlike.forEach((others, a) => {
    for (const [b, count] of others) {
      if (b < a) continue;
      const back = framesAlike[b]!.get(a) ?? 0;
      const enough =
        count >= ALIKE_SHARE * clips[a]!.perceptualHashes.length &&
        back >= ALIKE_SHARE * clips[b]!.perceptualHashes.length;
      if (enough) pairs.push([a, b]);
    }
  });
  return pairs;
}

const BANDS = 4;
const BAND_BITS = 16;

/**
 * Finds hashes within ALIKE_BITS without comparing all pairs. Of four bands of 16 bits, two hashes that differ in at most
 * 7 bits differ in at most one bit in at least one band; so it is enough to look at the 17 neighbours of each band.
 * (Norouzi, Punjani, Fleet, "Fast Search in Hamming Space with Multi-Index Hashing", 2012.)
 */
class HashIndex {
  readonly #words: [number, number][] = [];
  readonly #owner: number[] = [];
  /** Where the hashes of each clip begin. */
  readonly #first: number[] = [];
  readonly #buckets = new Map<number, number[]>();

  constructor(clips: readonly Pick<HashedClip, 'perceptualHashes'>[]) {
    clips.forEach((clip, owner) => {
      this.#first.push(this.#words.length);
      for (const hash of clip.perceptualHashes) {
        const at = this.#words.push(hashWords(hash)) - 1;
        this.#owner.push(owner);
        for (let band = 0; band < BANDS; band++) {
          const key = this.#key(at, band);
          const bucket = this.#buckets.get(key);
          if (bucket) bucket.push(at);
          else this.#buckets.set(key, [at]);
        }
      }
    });
    this.#first.push(this.#words.length);
  }

  /** For each other clip that has any: how many frames of `clip` find their like in it. */
  countAlike(clip: number): Map<number, number> {
    const counts = new Map<number, number>();
    for (let at = this.#first[clip]!; at < this.#first[clip + 1]!; at++) {
      for (const other of this.#clipsAlike(at)) {
        if (other !== clip) counts.set(other, (counts.get(other) ?? 0) + 1);
      }
    }
    return counts;
  }

  #clipsAlike(at: number): Set<number> {
    const [high, low] = this.#words[at]!;
    const found = new Set<number>();
    for (let band = 0; band < BANDS; band++) {
      const key = this.#key(at, band);
      for (let bit = -1; bit < BAND_BITS; bit++) {
        for (const other of this.#buckets.get(bit < 0 ? key : key ^ (1 << bit)) ?? []) {
          if (found.has(this.#owner[other]!)) continue;
          const [otherHigh, otherLow] = this.#words[other]!;
          if (countBits(high ^ otherHigh) + countBits(low ^ otherLow) <= ALIKE_BITS) {
            found.add(this.#owner[other]!);
          }
        }
      }
    }
    return found;
  }

  #key(at: number, band: number): number {
    const word = this.#words[at]![band >> 1]!;
    return (band << BAND_BITS) | (band & 1 ? word & 0xffff : word >>> BAND_BITS);
  }
}

class UnionFind {
  readonly #parent: number[];

  constructor(size: number) {
    this.#parent = Array.from({ length: size }, (_, i) => i);
  }

  find(i: number): number {
    while (this.#parent[i] !== i) {
      this.#parent[i] = this.#parent[this.#parent[i]!]!;
      i = this.#parent[i]!;
    }
    return i;
  }

  join(a: number, b: number): void {
    this.#parent[this.find(a)] = this.find(b);
  }
}
