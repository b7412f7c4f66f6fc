/** Proves a split after the fact: how close the most alike clips in different parts are. */
import type { SplitName } from '../contract/common.ts';
import { countBits, hashWords } from './perceptual-hash.ts';

export interface AssignedClip {
  id: string;
  split: SplitName;
  perceptualHashes: readonly string[];
}

export interface SplitCheck {
  /** Pairs of clips in different parts that were compared. */
  pairsChecked: number;
  /** Ids of the two most alike, and the bits (of 64) a frame by which they differ; null when nothing could be compared. */
  closestPair: { a: string; b: string; distance: number } | null;
}

/** Compares every clip with every clip of another part. Clips without hashes (flat throughout) are left out. */
export function checkSplits(clips: readonly AssignedClip[]): SplitCheck {
  const hashed = clips
    .filter((clip) => clip.perceptualHashes.length > 0)
    .map((clip) => ({ ...clip, words: [...new Set(clip.perceptualHashes)].map(hashWords) }));
  let pairsChecked = 0;
  let closestPair: SplitCheck['closestPair'] = null;
  hashed.forEach((a, i) => {
    for (const b of hashed.slice(i + 1)) {
      if (a.split === b.split) continue;
      pairsChecked++;
      const distance = Math.max(meanNearest(a.words, b.words), meanNearest(b.words, a.words));
      if (!closestPair || distance < closestPair.distance) closestPair = { a: a.id, b: b.id, distance };
    }
  });
  return { pairsChecked, closestPair };
}

type Words = readonly (readonly [number, number])[];

/** Mean over the frames of `from` of the bits to the most alike frame of `to`. */
function meanNearest(from: Words, to: Words): number {
  let sum = 0;
  for (const [high, low] of from) {
    let nearest = 64;
    for (const [otherHigh, otherLow] of to) {
      nearest = Math.min(nearest, countBits(high ^ otherHigh) + countBits(low ^ otherLow));
    }
    sum += nearest;
  }
  return sum / from.length;
}
