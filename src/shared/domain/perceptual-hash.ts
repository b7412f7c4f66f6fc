/**
 * A fingerprint of 64 bits for a picture, which re-encoding, scaling and small changes of brightness hardly touch.
 *
 * The DCT hash of Christoph Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), § 3.2.1:
 * a 32×32 grey picture → discrete cosine transform → the 8×8 lowest frequencies without the constant row and column →
 * one bit each: above the median or not.
 */

export const HASH_SIDE = 32;
const BAND = 8;

/** cos_KX[k][x] of the DCT-II for the frequencies 1 … 8. The scale factor is the same for all and does not matter. */
const cos_KX = Array.from({ length: BAND }, (_, k) =>
  Float64Array.from({ length: HASH_SIDE }, (_, x) =>
    Math.cos((Math.PI * (k + 1) * (2 * x + 1)) / (2 * HASH_SIDE)),
  ),
);

/** `grey_HW`: 32×32 values on any scale. Returns 16 hex digits, the lowest frequencies first. */
export function perceptualHash(grey_HW: ArrayLike<number>): string {
  if (grey_HW.length !== HASH_SIDE * HASH_SIDE) {
    throw new RangeError(`expected ${HASH_SIDE}×${HASH_SIDE} values, got ${grey_HW.length}`);
  }
  const rows_HK = new Float64Array(HASH_SIDE * BAND);
  for (let y = 0; y < HASH_SIDE; y++) {
    for (let k = 0; k < BAND; k++) {
      let sum = 0;
      for (let x = 0; x < HASH_SIDE; x++) sum += grey_HW[y * HASH_SIDE + x]! * cos_KX[k]![x]!;
      rows_HK[y * BAND + k] = sum;
    }
  }
  const band_JK = new Float64Array(BAND * BAND);
  for (let j = 0; j < BAND; j++) {
    for (let k = 0; k < BAND; k++) {
      let sum = 0;
      for (let y = 0; y < HASH_SIDE; y++) sum += rows_HK[y * BAND + k]! * cos_KX[j]![y]!;
      band_JK[j * BAND + k] = sum;
    }
  }
  const sorted = band_JK.toSorted();
  const median = (sorted[31]! + sorted[32]!) / 2;
  let hex = '';
  for (let i = 0; i < band_JK.length; i += 4) {
    let digit = 0;
    for (let bit = 0; bit < 4; bit++) digit = digit * 2 + (band_JK[i + bit]! > median ? 1 : 0);
    hex += digit.toString(16);
  }
  return hex;
}

/** A hash as two unsigned 32-bit numbers, which is what comparing wants. */
export function hashWords(hash: string): [number, number] {
  if (!/^[0-9a-f]{16}$/.test(hash)) throw new RangeError(`not a perceptual hash: ${hash}`);
  return [parseInt(hash.slice(0, 8), 16), parseInt(hash.slice(8), 16)];
}

/** Bits in which two hashes (16 hex digits) differ: 0 … 64. */
export function hammingDistance(a: string, b: string): number {
  const [aHigh, aLow] = hashWords(a);
  const [bHigh, bLow] = hashWords(b);
  return countBits(aHigh ^ bHigh) + countBits(aLow ^ bLow);
}

/** Bits that are set in a 32-bit number. Henry S. Warren, "Hacker's Delight", § 5-1. */
export function countBits(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
