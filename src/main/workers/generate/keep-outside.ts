/** Puts the pixels of a clip back where nothing was to change. */

/** A picture of `size` pixels a side is divided into cells. */
interface CellGrid {
  readonly rows: number;
  readonly columns: number;
  readonly size: number;
}

/**
 * Returns a function from decoded frames_THWC (RGB, the first frames of the clip) to the same with the pixels of
 * `original_THWC` in all cells that are 0.
 */
export function keepOutside(
  original_THWC: Uint8Array,
  cells: Uint8Array,
  { rows, columns, size }: CellGrid,
): (frames_THWC: Uint8Array) => Uint8Array {
  return (frames_THWC) => {
    const painted = original_THWC.slice(0, frames_THWC.length);
    const line = size * 3;
    for (let start = 0; start < painted.length; start += line) {
      const row = Math.floor((((start / line) % size) * rows) / size);
      for (let column = 0; column < columns; column++) {
        if (cells[row * columns + column] !== 1) continue;
        const from = start + Math.floor((column * size) / columns) * 3;
        const to = start + Math.floor(((column + 1) * size) / columns) * 3;
        painted.set(frames_THWC.subarray(from, to), from);
      }
    }
    return painted;
  };
}
