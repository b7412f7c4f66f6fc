/** Measures of motion against numpy's values (tests/golden/eval_measures.py). */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { clipSignature, signatureDistance } from '#main/ml/eval/clip-signature.ts';
import { motionEnergies, wasserstein } from '#main/ml/eval/motion-energy.ts';
import { createReconstructionMeter } from '#main/ml/eval/reconstruction.ts';
import { createSpectrum, logSpectralDistance } from '#main/ml/eval/temporal-spectrum.ts';

const golden = JSON.parse(
  readFileSync(new URL('../../golden/eval-measures.json', import.meta.url), 'utf8'),
) as {
  checksum: number;
  motion: { mean: number; last: number };
  wasserstein: { equalSizes: number; otherSizes: number };
  spectrum: { slow: number[]; both: number[] };
  logSpectralDistance: number;
  temporalPsnr: number;
  signatureDistance: number;
};

const [T, H, W] = [9, 10, 20];
const size = { width: W, height: H };

/** As `clip` in the script. */
function clip(seed: number, speed: number): Uint8Array {
  return Uint8Array.from({ length: T * H * W * 3 }, (_, i) => {
    const [c, x] = [i % 3, Math.floor(i / 3) % W];
    const [y, t] = [Math.floor(i / 3 / W) % H, Math.floor(i / 3 / W / H)];
    const phase = (x * 13 + y * 7 + c * 31 + t * speed * 9 + seed * 17 + ((t * t * x) % 11)) % 256;
    return 2 * (phase < 128 ? phase : 255 - phase);
  });
}

const [slow, fast, other] = [clip(1, 1), clip(1, 4), clip(5, 2)];
const sum = (values: Uint8Array) => values.reduce((total, value) => total + value, 0);

test('the clips are those of the script', () => {
  expect(sum(slow) + 2 * sum(fast) + 3 * sum(other)).toBe(golden.checksum);
});

test('motion energies, and the distance of their distributions', () => {
  const energies = motionEnergies(slow, size);
  expect(energies).toHaveLength((T - 1) * 64);
  const mean = energies.reduce((total, value) => total + value, 0) / energies.length;
  expect(mean).toBeCloseTo(golden.motion.mean, 12);
  expect(energies.at(-1)).toBeCloseTo(golden.motion.last, 12);

  expect(wasserstein(energies, motionEnergies(fast, size))).toBeCloseTo(golden.wasserstein.equalSizes, 12);
  const many = Float64Array.of(...motionEnergies(fast, size), ...motionEnergies(other, size));
  expect(wasserstein(energies.slice(0, 90), many.slice(0, 150))).toBeCloseTo(
    golden.wasserstein.otherSizes,
    12,
  );
});

test('spectra over time, and the distance of their logarithms', () => {
  const spectrumOf = (...clips: Uint8Array[]) => {
    const spectrum = createSpectrum(size, T);
    for (const frames of clips) spectrum.add(frames);
    return spectrum.result();
  };
  const [one, both] = [spectrumOf(slow), spectrumOf(fast, other)];
  expect(one).toHaveLength(4);
  one.forEach((power, k) => expect(power / golden.spectrum.slow[k]!).toBeCloseTo(1, 9));
  both.forEach((power, k) => expect(power / golden.spectrum.both[k]!).toBeCloseTo(1, 9));
  expect(logSpectralDistance(one, both)).toBeCloseTo(golden.logSpectralDistance, 9);
});

test('PSNR of frame differences, and the distance of signatures', () => {
  const meter = createReconstructionMeter(size);
  meter.add(slow, fast);
  expect(meter.result().temporalPsnr).toBeCloseTo(golden.temporalPsnr, 9);
  expect(signatureDistance(clipSignature(slow, size), clipSignature(other, size))).toBeCloseTo(
    golden.signatureDistance,
    9,
  );
});
