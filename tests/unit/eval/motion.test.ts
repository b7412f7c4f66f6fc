/** Measures of motion, on clips whose values are worked out by hand. */
import { describe, expect, test } from 'vitest';
import { MAX_PSNR } from '#main/ml/eval/image-quality.ts';
import { motionEnergies, wasserstein } from '#main/ml/eval/motion-energy.ts';
import { createReconstructionMeter } from '#main/ml/eval/reconstruction.ts';
import { differenceError } from '#main/ml/eval/temporal-difference.ts';
import { createSpectrum, logSpectralDistance } from '#main/ml/eval/temporal-spectrum.ts';

const size = { width: 8, height: 8 };
/** One grey a frame, all over the picture. */
const flat = (...greys: number[]) =>
  Uint8Array.from({ length: greys.length * 192 }, (_, i) => greys[Math.floor(i / 192)]!);

describe('differences between frames', () => {
  test('an error that stands still does not count, one that flickers counts twice over', () => {
    const original = flat(10, 20, 30);
    expect(differenceError(original, flat(15, 25, 35), 192)).toBe(0);
    // Errors 0, 5, 0: differences of errors are 5 and -5.
    expect(differenceError(original, flat(10, 25, 30), 192)).toBeCloseTo(25 / 255 ** 2, 12);
    expect(differenceError(flat(10), flat(20), 192)).toBeNull();
  });

  test('a meter pools the error of clips, so that one where nothing moves does not make it endless', () => {
    const meter = createReconstructionMeter(size);
    meter.add(flat(7, 7), flat(7, 7));
    meter.add(flat(0, 0), flat(0, 10));
    const { temporalPsnr, psnr, ssim } = meter.result();
    // The mean of 0 and 100/255²; PSNRs themselves are averaged: 100 dB, and that of 50/255².
    expect(temporalPsnr).toBeCloseTo(-10 * Math.log10(50 / 255 ** 2), 9);
    expect(psnr).toBeCloseTo((MAX_PSNR - 10 * Math.log10(50 / 255 ** 2)) / 2, 9);
    expect(ssim).toBeGreaterThan(0.5);
    expect(ssim).toBeLessThan(1);
  });

  test('a clip of one frame has none', () => {
    const meter = createReconstructionMeter(size);
    meter.add(flat(7), flat(9));
    expect(meter.result().temporalPsnr).toBeNull();
  });
});

describe('motion energy', () => {
  test('is where something moves, as a share of black to white', () => {
    const moved = flat(0, 0);
    // The last pixel of the second frame turns white: 8 cells a side are single pixels here.
    moved.fill(255, moved.length - 3);
    const energies = motionEnergies(moved, size);
    expect(energies).toHaveLength(64);
    expect(energies[63]).toBeCloseTo(1, 9);
    expect(energies.subarray(0, 63).every((energy) => energy === 0)).toBe(true);
    expect(motionEnergies(flat(3), size)).toHaveLength(0);
  });

  test('distributions are as far apart as their values must be moved', () => {
    const of = (...values: number[]) => Float64Array.of(...values);
    expect(wasserstein(of(0, 1, 3), of(5, 6, 8))).toBeCloseTo(5, 12);
    // In quantiles: 0.25 of the mass stays, 0.75 of it moves by 1 … 3.
    expect(wasserstein(of(0), of(0, 1, 2, 3))).toBeCloseTo(6 / 4, 12);
    expect(wasserstein(of(0, 1, 2, 3), of(0))).toBeCloseTo(6 / 4, 12);
    expect(wasserstein(of(2, 0, 1), of(1, 2, 0))).toBe(0);
    expect(wasserstein(of(1, 1, 2), of(1, 2))).toBeCloseTo(1 / 6, 12);
    expect(() => wasserstein(of(), of(1))).toThrow('empty');
  });
});

describe('the spectrum over time', () => {
  const waves = (turns: number, amplitude: number) => {
    const spectrum = createSpectrum(size, 16);
    const greys = Array.from(
      { length: 16 },
      (_, t) => 128 + amplitude * Math.cos((2 * Math.PI * turns * t) / 16),
    );
    spectrum.add(flat(...greys));
    return spectrum.result();
  };

  test('has its peak at the turns a clip makes, and nothing where nothing moves', () => {
    for (const turns of [2, 4, 6]) {
      const power = waves(turns, 100);
      expect(power.indexOf(Math.max(...power))).toBe(turns - 1);
    }
    expect(Math.max(...waves(0, 100))).toBeLessThan(1e-20);
  });

  test('of twice the amplitude is four times the power: 6 dB at the frequencies that are there', () => {
    const [loud, soft] = [waves(4, 100), waves(4, 50)];
    expect(10 * Math.log10(loud[3]! / soft[3]!)).toBeCloseTo(6.02, 1);
    expect(logSpectralDistance(loud, loud)).toBe(0);
    expect(logSpectralDistance(Float64Array.of(2, 2), Float64Array.of(1, 1))).toBeCloseTo(3.01, 2);
    // Below the rounding to 8 bits nothing can be told apart.
    expect(logSpectralDistance(Float64Array.of(1e-30), Float64Array.of(1e-12))).toBeLessThan(1e-4);
  });

  test('wants clips of one length', () => {
    expect(() => createSpectrum(size, 5).add(flat(1, 2))).toThrow('another length');
    expect(() => logSpectralDistance(new Float64Array(2), new Float64Array(3))).toThrow('Cannot compare');
  });
});
