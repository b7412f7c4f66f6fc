/** Which frame stands for a clip. */
import { expect, test } from 'vitest';
import { fullestFrame } from '#main/engine/media/preview.ts';

const flat = (value: number) => new Uint8Array(12).fill(value);

test('an empty picture never stands for a clip that shows something', () => {
  const subject = Uint8Array.from([255, 255, 255, 255, 255, 255, 20, 60, 200, 255, 255, 255]);
  expect(fullestFrame([flat(255), flat(0), subject, flat(255)])).toBe(subject);
});

test('of frames that are alike the first is taken', () => {
  const frames = [flat(7), flat(9)];
  expect(fullestFrame(frames)).toBe(frames[0]);
});
