/** How close a picture is to its original: PSNR and SSIM, over 8-bit RGB. */
import { luma } from './picture.ts';

/** Largest value of a channel. */
const PEAK = 255;
/** Identical pictures would have an infinite PSNR; it is reported as this many decibels, so that means stay finite. */
export const MAX_PSNR = 100;

/** Peak signal-to-noise ratio in decibels, over all values of both arrays. */
export function psnr(original: Uint8Array, copy: Uint8Array): number {
  requireSameLength(original, copy);
  let squares = 0;
  for (let i = 0; i < original.length; i++) squares += (original[i]! - copy[i]!) ** 2;
  return psnrOfError(squares / original.length / PEAK ** 2);
}

/** PSNR from a mean squared error of values whose range is 1. */
export function psnrOfError(meanSquaredError: number): number {
  return Math.min(MAX_PSNR, -10 * Math.log10(meanSquaredError));
}

/** Wang et al. 2004, §III: an 11×11 Gaussian window with σ = 1.5, and constants that keep quotients stable. */
const WINDOW = 11;
const SIGMA = 1.5;
const C1 = (0.01 * PEAK) ** 2;
const C2 = (0.03 * PEAK) ** 2;

/**
 * Structural similarity of two RGB pictures of shape [height, width, 3], at most 1 (Wang, Bovik, Sheikh, Simoncelli:
 * “Image Quality Assessment: From Error Visibility to Structural Similarity”, 2004). As there, it is computed on luma, at
 * every place where the window lies wholly inside; a picture smaller than the window is covered by one that fits.
 */
export function ssim(original: Uint8Array, copy: Uint8Array, width: number, height: number): number {
  requireSameLength(original, copy);
  if (original.length !== width * height * 3) {
    throw new Error(`SSIM: ${original.length} values are not ${height}×${width} RGB`);
  }
  const x = luma(original);
  const y = luma(copy);
  const kernel = gaussian(Math.min(WINDOW, width, height));
  const blurred = (values: Float64Array) => blur(values, width, height, kernel);
  const meanX = blurred(x);
  const meanY = blurred(y);
  const meanXX = blurred(x.map((value) => value * value));
  const meanYY = blurred(y.map((value) => value * value));
  const meanXY = blurred(x.map((value, i) => value * y[i]!));

  let sum = 0;
  for (let i = 0; i < meanX.length; i++) {
    const mx = meanX[i]!;
    const my = meanY[i]!;
    const varianceX = meanXX[i]! - mx * mx;
    const varianceY = meanYY[i]! - my * my;
    const covariance = meanXY[i]! - mx * my;
    sum +=
      ((2 * mx * my + C1) * (2 * covariance + C2)) /
      ((mx * mx + my * my + C1) * (varianceX + varianceY + C2));
  }
  return sum / meanX.length;
}

function gaussian(size: number): Float64Array {
  const weights = Float64Array.from({ length: size }, (_, i) =>
    Math.exp(-((i - (size - 1) / 2) ** 2) / (2 * SIGMA ** 2)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Weighted means at all places where the kernel fits, rows first, then columns. */
function blur(values: Float64Array, width: number, height: number, kernel: Float64Array): Float64Array {
  const outWidth = width - kernel.length + 1;
  const outHeight = height - kernel.length + 1;
  const rows = new Float64Array(outWidth * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < outWidth; x++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += kernel[k]! * values[y * width + x + k]!;
      rows[y * outWidth + x] = sum;
    }
  }
  const out = new Float64Array(outWidth * outHeight);
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += kernel[k]! * rows[(y + k) * outWidth + x]!;
      out[y * outWidth + x] = sum;
    }
  }
  return out;
}

function requireSameLength(a: Uint8Array, b: Uint8Array): void {
  if (a.length !== b.length || a.length === 0)
    throw new Error(`Cannot compare ${a.length} with ${b.length} values`);
}
