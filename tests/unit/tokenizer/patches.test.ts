import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromPatches, toPatches } from '#main/ml/tokenizer/patches.ts';
import { tokenizerShape } from '#main/ml/tokenizer/shape.ts';
import { tokenizerConfig } from '#shared/domain/training-config.ts';

const shape = tokenizerShape(tokenizerConfig.parse({}), { frames: 9, size: 16 });
const frameBytes = 16 * 16 * 3;

test('pixels survive the way into patches and back', () => {
  fc.assert(
    fc.property(
      fc
        .constantFrom(1, 5, 9)
        .chain((frames) => fc.uint8Array({ minLength: frames * frameBytes, maxLength: frames * frameBytes })),
      (window) => {
        expect(Buffer.compare(fromPatches(toPatches([window], shape), shape), window)).toBe(0);
      },
    ),
    { numRuns: 20 },
  );
});

test('a pixel lands in the patch of its place and time', () => {
  const window = new Uint8Array(9 * frameBytes);
  // Frame 6 is the second of the second group of four; row 9, column 3 lies in the lower left patch.
  window[((6 * 16 + 9) * 16 + 3) * 3 + 2] = 255;
  const { first, later } = toPatches([window], shape);
  expect(first.every((value) => value === -1)).toBe(true);
  const token = 1 * shape.frameTokens + 2;
  const inPatch = ((1 * 8 + 1) * 8 + 3) * 3 + 2;
  expect(later.findIndex((value) => value === 1)).toBe(token * shape.laterPatch + inPatch);
});

test('a mirrored window has left and right swapped, and memory that is given is written into', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 5 * frameBytes, maxLength: 5 * frameBytes }), (window) => {
      const swapped = Uint8Array.from(window, (_, i) => {
        const x = Math.floor(i / 3) % 16;
        return window[i + 3 * (15 - 2 * x)]!;
      });
      const into = toPatches([window, window], shape);
      const patches = toPatches([window, window], shape, { mirrored: [false, true], into });
      expect(patches.first).toBe(into.first);
      expect(patches).toEqual(toPatches([window, swapped], shape));
    }),
    { numRuns: 20 },
  );
  const small = toPatches([new Uint8Array(5 * frameBytes)], shape);
  expect(() => toPatches([new Uint8Array(9 * frameBytes)], shape, { into: small })).toThrow('memory');
});

test('values outside the range are cut off, not wrapped', () => {
  const patches = { first: new Float32Array(frameBytes).fill(1.7), later: new Float32Array(0) };
  expect(fromPatches(patches, shape).every((value) => value === 255)).toBe(true);
});

test('refuses windows that are not 1 + a multiple of 4 frames, and batches of unequal windows', () => {
  expect(() => toPatches([new Uint8Array(3 * frameBytes)], shape)).toThrow('no window');
  expect(() => toPatches([new Uint8Array(frameBytes), new Uint8Array(5 * frameBytes)], shape)).toThrow(
    'equally long',
  );
  expect(() => tokenizerShape(tokenizerConfig.parse({}), { frames: 8, size: 16 })).toThrow('8 frames');
});
