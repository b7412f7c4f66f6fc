/** The perceptual hash of a decoded frame. */
import { HASH_SIDE, perceptualHash } from '#shared/domain/perceptual-hash.ts';

/** Below this standard deviation (of 255) a frame is flat: its hash would be made of noise, and white equals white. */
const FLAT = 4;

/** `rgb` is height × width × 3. Returns 16 hex digits, or null for a flat frame (black, white, a single colour). */
export function hashFrame(rgb: Uint8Array, width: number, height: number): string | null {
  const grey_HW = shrinkToGrey(rgb, width, height);
  const mean = grey_HW.reduce((sum, value) => sum + value, 0) / grey_HW.length;
  const variance = grey_HW.reduce((sum, value) => sum + (value - mean) ** 2, 0) / grey_HW.length;
  return Math.sqrt(variance) < FLAT ? null : perceptualHash(grey_HW);
}

/** Luma (ITU-R BT.601) at 32×32: the mean of the pixels under each cell, the nearest pixel where cells are smaller. */
function shrinkToGrey(rgb: Uint8Array, width: number, height: number): Float64Array {
  const grey_HW = new Float64Array(HASH_SIDE * HASH_SIDE);
  for (let row = 0; row < HASH_SIDE; row++) {
    const [top, bottom] = cellRange(row, height);
    for (let column = 0; column < HASH_SIDE; column++) {
      const [left, right] = cellRange(column, width);
      let sum = 0;
      for (let y = top; y < bottom; y++) {
        for (let at = (y * width + left) * 3; at < (y * width + right) * 3; at += 3) {
          sum += 0.299 * rgb[at]! + 0.587 * rgb[at + 1]! + 0.114 * rgb[at + 2]!;
        }
      }
      grey_HW[row * HASH_SIDE + column] = sum / ((bottom - top) * (right - left));
    }
  }
  return grey_HW;
}

function cellRange(cell: number, length: number): [from: number, to: number] {
  const from = Math.floor((cell * length) / HASH_SIDE);
  return [from, Math.max(from + 1, Math.floor(((cell + 1) * length) / HASH_SIDE))];
}
