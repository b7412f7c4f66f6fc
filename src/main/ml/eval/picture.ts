/** Sizes of pictures, and the two ways in which measures look at them: as luma, and as means over cells. */

/** Clips come as frames_THWC: frames of height × width × 3 bytes of RGB, one after the other. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

export const CHANNELS = 3;

/** How many frames a clip has. Throws when it does not consist of whole ones. */
export function frameCount(frames_THWC: Uint8Array, { width, height }: PictureSize): number {
  const count = frames_THWC.length / (width * height * CHANNELS);
  if (!Number.isInteger(count) || count === 0)
    throw new Error(`${frames_THWC.length} values are not frames of ${height}×${width} RGB`);
  return count;
}

/** ITU-R BT.601 weights; 0 … 255. */
export function luma(rgb: Uint8Array): Float64Array {
  const values = new Float64Array(rgb.length / CHANNELS);
  for (let i = 0; i < values.length; i++) {
    values[i] = 0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!;
  }
  return values;
}

/**
 * Means over the cells of a grid that is laid over every picture.
 *
 * @param values pictures of height × width × `channels`, one after the other
 * @param side cells along a side; a picture with fewer pixels along one has a cell for each of them
 * @returns [pictures, cells down, cells across, channels]
 */
export function cellMeans(
  values: ArrayLike<number>,
  { width, height }: PictureSize,
  channels: number,
  side: number,
): Float64Array {
  const across = Math.min(side, width);
  const down = Math.min(side, height);
  const pictures = values.length / (width * height * channels);
  const columnOf = Int32Array.from({ length: width }, (_, x) => Math.floor((x * across) / width));
  const rowOf = Int32Array.from({ length: height }, (_, y) => Math.floor((y * down) / height));
  const sums = new Float64Array(pictures * down * across * channels);
  const counts = new Float64Array(down * across);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) counts[rowOf[y]! * across + columnOf[x]!]! += 1;
  let at = 0;
  for (let picture = 0; picture < pictures; picture++) {
    for (let y = 0; y < height; y++) {
      const row = (picture * down + rowOf[y]!) * across;
      for (let x = 0; x < width; x++) {
        const cell = (row + columnOf[x]!) * channels;
        for (let c = 0; c < channels; c++) sums[cell + c]! += values[at++]!;
      }
    }
  }
  return sums.map((sum, i) => sum / counts[Math.floor(i / channels) % counts.length]!);
}
