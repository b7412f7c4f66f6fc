/** Which clips come back to where they began. */
import { expect, it } from 'vitest';
import { closesLoop } from '#main/ml/gpt/closes-loop.ts';

const SIZE = 16;
const FRAMES = 9;

/** A bright square on black whose left edge is at `x(i)`, moving along a row of pictures. */
function clip(x: (i: number) => number): Uint8Array {
  const window = new Uint8Array(FRAMES * SIZE * SIZE * 3);
  for (let i = 0; i < FRAMES; i++) {
    for (let row = 4; row < 12; row++) {
      for (let column = x(i); column < x(i) + 6; column++)
        window.fill(200, ((i * SIZE + row) * SIZE + column) * 3, ((i * SIZE + row) * SIZE + column + 1) * 3);
    }
  }
  return window;
}

it.each([
  ['goes there and back, the last picture one step before the first', (i: number) => Math.abs(4 - i), true],
  ['ends in its first picture', (i: number) => [0, 1, 3, 5, 7, 5, 3, 1, 0][i]!, true],
  ['moves on and on', (i: number) => i, false],
  ['comes half the way back', (i: number) => [0, 2, 4, 6, 8, 7, 6, 5, 4][i]!, false],
  ['stands still', () => 3, false],
])('a clip that %s', (_, x, closes) => {
  expect(closesLoop(clip(x), FRAMES)).toBe(closes);
});

it('takes more than two pictures', () => {
  const picture = new Uint8Array(SIZE * SIZE * 3);
  expect(closesLoop(picture, 1)).toBe(false);
  expect(closesLoop(Uint8Array.from([...picture, ...picture.fill(9)]), 2)).toBe(false);
});
