/** How much moves in clips, and how far apart two sets of clips are in that. */
import { cellMeans, frameCount, luma, type PictureSize } from './picture.ts';

/** Cells along a side of a picture. */
const CELLS = 8;

/**
 * Motion energy of every cell between every two consecutive frames: the mean of |luma[t+1] − luma[t]| over the pixels of the
 * cell, on a scale where black to white is 1. Empty for a clip of one frame.
 */
export function motionEnergies(frames_THWC: Uint8Array, size: PictureSize): Float64Array {
  const frames = frameCount(frames_THWC, size);
  const y_THW = luma(frames_THWC);
  const pixels = y_THW.length / frames;
  const changes = new Float64Array(y_THW.length - pixels);
  for (let i = 0; i < changes.length; i++) changes[i] = Math.abs(y_THW[i + pixels]! - y_THW[i]!) / 255;
  return cellMeans(changes, size, 1, CELLS);
}

/**
 * The 1-Wasserstein distance of two samples of numbers: ∫ |F_a(x) − F_b(x)| dx over their cumulative distributions, i.e.
 * how far the values of one must be moved on average to become the other. In the unit of the values; the samples may differ
 * in size. Throws when one is empty.
 */
export function wasserstein(a: Float64Array, b: Float64Array): number {
  if (a.length === 0 || b.length === 0) throw new Error('Wasserstein distance of an empty sample');
  const left = a.toSorted();
  const right = b.toSorted();
  let [i, j] = [0, 0];
  let distance = 0;
  let before = Math.min(left[0]!, right[0]!);
  while (i < left.length || j < right.length) {
    const x = Math.min(left[i] ?? Infinity, right[j] ?? Infinity);
    distance += Math.abs(i / left.length - j / right.length) * (x - before);
    before = x;
    while (i < left.length && left[i] === x) i++;
    while (j < right.length && right[j] === x) j++;
  }
  return distance;
}
