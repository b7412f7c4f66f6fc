import { describe, expect, test } from 'vitest';
import { createCodebookCounter } from '#main/ml/eval/codebook.ts';
import { MAX_PSNR, psnr, ssim } from '#main/ml/eval/image-quality.ts';
import { Random } from '#shared/domain/random.ts';

const SIZE = 24;
const random = Random.seeded(1);
const noise = Uint8Array.from({ length: SIZE * SIZE * 3 }, () => random.integer(256));
const gradient = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => 40 + 6 * (Math.floor(i / 3) % SIZE));

describe('PSNR', () => {
  test('a difference of 1 everywhere is 48.13 dB, one of the whole range 0 dB', () => {
    expect(psnr(new Uint8Array(10).fill(7), new Uint8Array(10).fill(8))).toBeCloseTo(48.1308, 4);
    expect(psnr(new Uint8Array(10), new Uint8Array(10).fill(255))).toBeCloseTo(0);
  });

  test('equal pictures have the largest value that is reported', () => {
    expect(psnr(noise, noise)).toBe(MAX_PSNR);
  });
});

describe('SSIM', () => {
  test('is 1 for equal pictures and near 0 for unrelated ones', () => {
    expect(ssim(gradient, gradient, SIZE, SIZE)).toBeCloseTo(1, 12);
    const other = Uint8Array.from(noise, (_, i) => noise[(i * 7 + 3) % noise.length]!);
    expect(Math.abs(ssim(noise, other, SIZE, SIZE))).toBeLessThan(0.2);
  });

  test('for flat pictures only the luminance term remains', () => {
    const a = new Uint8Array(SIZE * SIZE * 3).fill(100);
    const b = new Uint8Array(SIZE * SIZE * 3).fill(150);
    const c1 = (0.01 * 255) ** 2;
    expect(ssim(a, b, SIZE, SIZE)).toBeCloseTo((2 * 100 * 150 + c1) / (100 ** 2 + 150 ** 2 + c1), 9);
  });

  test('falls as noise grows, and ranks noise below a shift of brightness with the same error', () => {
    const disturbed = (amount: number) =>
      gradient.map((value, i) => value + (noise[i]! > 127 ? amount : -amount));
    const brighter = gradient.map((value) => value + 20);
    expect(ssim(gradient, disturbed(5), SIZE, SIZE)).toBeGreaterThan(
      ssim(gradient, disturbed(20), SIZE, SIZE),
    );
    expect(ssim(gradient, brighter, SIZE, SIZE)).toBeGreaterThan(ssim(gradient, disturbed(20), SIZE, SIZE));
  });

  test('takes pictures smaller than its window, and refuses sizes that do not fit', () => {
    expect(ssim(new Uint8Array(4 * 4 * 3), new Uint8Array(4 * 4 * 3), 4, 4)).toBeCloseTo(1);
    expect(() => ssim(noise, noise, SIZE, SIZE - 1)).toThrow('SSIM');
  });
});

test('codebook use and perplexity count entries', () => {
  const counter = createCodebookCounter(8);
  counter.add([0, 1, 2, 3]);
  expect(counter.result()).toEqual({ use: 0.5, perplexity: expect.closeTo(4, 9) });
  counter.add(Array.from({ length: 1000 }, () => 0));
  expect(counter.result().perplexity).toBeLessThan(1.1);
  expect(() => counter.add([8])).toThrow('codebook of 8');
});
