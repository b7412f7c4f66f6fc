/** One step of byte-pair encoding: two adjacent tokens become one. */

export type Merge = readonly [left: number, right: number];

/** A pair as one number, to key maps with: vocabularies stay below 2^16 tokens. */
export function pairKey(left: number, right: number): number {
  return left * 0x10000 + right;
}

export function pairOfKey(key: number): Merge {
  return [Math.floor(key / 0x10000), key % 0x10000];
}

/** Replaces each occurrence of the pair, from left to right, by `token`. */
export function mergePair(tokens: number[], [left, right]: Merge, token: number): number[] {
  const merged: number[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const isPair = tokens[i] === left && tokens[i + 1] === right;
    merged.push(isPair ? token : tokens[i]!);
    if (isPair) i++;
  }
  return merged.length === tokens.length ? tokens : merged;
}
