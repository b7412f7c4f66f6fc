/** A small picture of a clip by which clips are compared: what is where, and when, without noise, grain and codec. */
import { cellMeans, CHANNELS, type PictureSize } from './picture.ts';

/** Cells along a side: as coarse as the tokens of the default model, too coarse for what a tokenizer blurs. */
const CELLS = 8;

/** Mean colours of the cells of every frame, 0 … 255, [T, cells, cells, 3]. */
export type ClipSignature = Uint8Array;

export function clipSignature(frames_THWC: Uint8Array, size: PictureSize): ClipSignature {
  return Uint8Array.from(cellMeans(frames_THWC, size, CHANNELS, CELLS), Math.round);
}

/** Root of the mean squared difference, 0 (the same) … 1 (black and white). */
export function signatureDistance(a: ClipSignature, b: ClipSignature): number {
  return Math.sqrt(squaredDistance(a, b) / a.length) / 255;
}

/** Values after which a comparison asks whether it has gone far enough: a frame of 8×8 cells. */
const STRIDE = 192;

/** Σ (a − b)²; once it has passed `enough`, some number beyond that. */
export function squaredDistance(a: ClipSignature, b: ClipSignature, enough = Infinity): number {
  if (a.length !== b.length) throw new Error(`Cannot compare clips of ${a.length} and ${b.length} cells`);
  let squares = 0;
  for (let from = 0; from < a.length && squares <= enough; from += STRIDE) {
    const to = Math.min(a.length, from + STRIDE);
    for (let i = from; i < to; i++) {
      const difference = a[i]! - b[i]!;
      squares += difference * difference;
    }
  }
  return squares;
}
