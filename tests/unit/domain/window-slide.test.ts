/** A window slides so that something is kept and something is new, and whole latent frames are added. */
import { expect, test } from 'vitest';
import { extendedLength, windowSlide } from '#shared/domain/window-slide.ts';

test.each([
  [17, 9, 3],
  [9, 5, 2],
  [5, 1, 1],
])('a window of %d frames begins with %d of them', (frames, keptFrames, keptLatentFrames) => {
  expect(windowSlide(frames, 4)).toEqual({ keptFrames, keptLatentFrames, step: 4 });
});

test('nothing comes after a window of one picture', () => {
  expect(windowSlide(1, 4)).toBeNull();
});

test('a clip gets at least as many frames as are asked for', () => {
  expect([1, 4, 5, 8].map((more) => extendedLength(17, more, 4))).toEqual([21, 21, 25, 25]);
});
