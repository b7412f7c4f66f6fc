/** A part of the picture, and the tokens that lie in it. */
import { z } from 'zod';

const share = z.number().min(0).max(1);

/** In shares of the picture's width and height, from its top left corner. */
export const region = z.object({ x: share, y: share, width: share, height: share });
export type Region = z.output<typeof region>;

/** Shares that come from pixels or percent miss the edge of a cell by less than this. */
const ROUNDING = 1e-6;

/**
 * Which cells of a grid the region touches, row by row: 1 inside, 0 outside. What reaches beyond the picture is cut off; a
 * region without any area touches none.
 */
export function cellsOfRegion({ x, y, width, height }: Region, rows: number, columns: number): Uint8Array {
  const cells = new Uint8Array(rows * columns);
  if (width <= 0 || height <= 0) return cells;
  const [top, bottom] = touched(y, height, rows);
  const [left, right] = touched(x, width, columns);
  for (let row = top; row < bottom; row++)
    cells.fill(1, row * columns + left, row * columns + Math.max(left, right));
  return cells;
}

function touched(start: number, length: number, cells: number): [from: number, to: number] {
  const from = Math.floor(start * cells + ROUNDING);
  const to = Math.ceil(Math.min(1, start + length) * cells - ROUNDING);
  return [Math.min(from, cells), to];
}
