/** Outside of the cells that are made anew, the pixels of the clip stay as they are. */
import { expect, test } from 'vitest';
import { keepOutside } from '#main/workers/generate/keep-outside.ts';

test('takes the new pixels inside of the cells and the old ones everywhere else', () => {
  const size = 4;
  const original = Uint8Array.from({ length: 2 * size * size * 3 }, (_, i) => i % 97);
  const decoded = new Uint8Array(original.length).fill(200);
  const paint = keepOutside(original, Uint8Array.of(0, 1, 0, 0), { rows: 2, columns: 2, size });
  const painted = paint(decoded);
  for (let i = 0; i < painted.length; i++) {
    const pixel = Math.floor(i / 3) % (size * size);
    const isInside = Math.floor(pixel / size) < 2 && pixel % size >= 2;
    expect(painted[i]).toBe(isInside ? 200 : original[i]);
  }
  // The first frame alone, while the second is still to come.
  expect(paint(decoded.subarray(0, size * size * 3))).toEqual(painted.subarray(0, size * size * 3));
});
