/** The tokens of a part of the picture: all cells that it touches, and no others. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cellsOfRegion } from '#shared/domain/region.ts';

const drawn = (cells: Uint8Array, columns: number) =>
  Array.from({ length: cells.length / columns }, (_, row) =>
    cells.subarray(row * columns, (row + 1) * columns).join(''),
  );

test('a region along the edges of cells is those cells; one across them is all that it touches', () => {
  const half = { x: 0.5, y: 0, width: 0.5, height: 0.5 };
  expect(drawn(cellsOfRegion(half, 4, 4), 4)).toEqual(['0011', '0011', '0000', '0000']);
  const across = { x: 0.3, y: 0.3, width: 0.3, height: 0.01 };
  expect(drawn(cellsOfRegion(across, 4, 4), 4)).toEqual(['0000', '0110', '0000', '0000']);
  // 0.1 + 0.2 is a crumb more than 0.3.
  const crumb = { x: 0.1, y: 0.1, width: 0.2, height: 0.2 };
  expect(cellsOfRegion(crumb, 10, 10).reduce((sum, cell) => sum + cell, 0)).toBe(4);
});

test('a region without area is empty, the whole picture is whole, what reaches beyond is cut off', () => {
  expect(cellsOfRegion({ x: 0.5, y: 0.5, width: 0, height: 1 }, 3, 3)).not.toContain(1);
  expect(cellsOfRegion({ x: 1, y: 0, width: 1, height: 1 }, 3, 3)).not.toContain(1);
  expect(cellsOfRegion({ x: 0, y: 0, width: 1, height: 1 }, 3, 3)).not.toContain(0);
  expect(drawn(cellsOfRegion({ x: 0.5, y: 0.5, width: 1, height: 1 }, 2, 2), 2)).toEqual(['00', '01']);
});

test('a cell is in whenever its middle is', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const size = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(share, share, share, share, size, size, (x, y, width, height, rows, columns) => {
      const cells = cellsOfRegion({ x, y, width, height }, rows, columns);
      cells.forEach((cell, i) => {
        const middle = { x: ((i % columns) + 0.5) / columns, y: (Math.floor(i / columns) + 0.5) / rows };
        const isIn = middle.x > x && middle.x < x + width && middle.y > y && middle.y < y + height;
        if (isIn) expect(cell).toBe(1);
      });
    }),
  );
});
