/** How clips change over time, frequency by frequency, and how far apart two sets of clips are in that. */
import { cellMeans, frameCount, luma, type PictureSize } from './picture.ts';

/** Cells along a side of a picture. */
const CELLS = 8;
/** Power of the rounding to 8 bits: what lies below it cannot be told from nothing, and must not blow up a logarithm. */
const ROUNDING = (1 / 255) ** 2 / 12;

/**
 * Mean power spectrum over time of the brightness of cells, over any number of clips of equal length.
 *
 * Each cell's mean luma x[t] (0 … 1) loses its mean over time and is weighted by a Hann window w, since clips need not end
 * as they begin; its power at k turns a clip is |Σ w[t] x[t] exp(−2πi k t / T)|² / Σ w[t]² (Welch 1967, one segment a clip).
 */
export function createSpectrum(size: PictureSize, frames: number) {
  const window = Float64Array.from(
    { length: frames },
    (_, t) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (t + 0.5)) / frames),
  );
  const windowPower = window.reduce((sum, w) => sum + w * w, 0);
  const power = new Float64Array(Math.floor(frames / 2));
  let series = 0;

  return {
    add(frames_THWC: Uint8Array): void {
      if (frameCount(frames_THWC, size) !== frames)
        throw new Error(`A spectrum of clips of ${frames} frames was given another length`);
      const cells_TC = cellMeans(luma(frames_THWC), size, 1, CELLS);
      const cells = cells_TC.length / frames;
      for (let cell = 0; cell < cells; cell++) {
        const x = Float64Array.from({ length: frames }, (_, t) => cells_TC[t * cells + cell]! / 255);
        const mean = x.reduce((sum, value) => sum + value, 0) / frames;
        for (let k = 1; k <= power.length; k++) {
          let [re, im] = [0, 0];
          for (let t = 0; t < frames; t++) {
            const value = window[t]! * (x[t]! - mean);
            const angle = (2 * Math.PI * k * t) / frames;
            re += value * Math.cos(angle);
            im -= value * Math.sin(angle);
          }
          power[k - 1]! += (re * re + im * im) / windowPower;
        }
      }
      series += cells;
    },

    /** At 1, 2, … ⌊frames / 2⌋ turns a clip. */
    result: (): Float64Array => power.map((sum) => sum / series),
  };
}

/**
 * Log-spectral distance in dB: the root of the mean over frequencies of (10 log10(a[k] / b[k]))² (Gray & Markel 1976).
 * 0 when both change alike, 3 when one has twice the power of the other everywhere.
 */
export function logSpectralDistance(a: Float64Array, b: Float64Array): number {
  if (a.length !== b.length || a.length === 0)
    throw new Error(`Cannot compare spectra of ${a.length} and ${b.length} frequencies`);
  let squares = 0;
  for (let k = 0; k < a.length; k++)
    squares += (10 * Math.log10((a[k]! + ROUNDING) / (b[k]! + ROUNDING))) ** 2;
  return Math.sqrt(squares / a.length);
}
