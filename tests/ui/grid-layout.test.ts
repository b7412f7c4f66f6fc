import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  keyTarget,
  layOut,
  scrollToShow,
  visibleRange,
} from '../../src/renderer/src/features/library/grid-layout.ts';

test('cells fill the width and are no smaller than wanted', () => {
  const layout = layOut(100, 740, 148);
  expect(layout.columns).toBe(4);
  expect(layout.cell).toBe(174);
});

test('every cell in the view is drawn, and only few others', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 100, max: 3000 }),
      fc.integer({ min: 88, max: 320 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (count, width, wanted, share) => {
        const viewHeight = 700;
        const layout = layOut(count, width, wanted);
        const scrollTop = share * Math.max(0, layout.height - viewHeight);
        const [first, last] = visibleRange(count, layout, scrollTop, viewHeight)!;
        const rowOf = (index: number): number => Math.floor(index / layout.columns) * layout.rowHeight;
        expect(first === 0 || rowOf(first - 1) + layout.rowHeight <= scrollTop).toBe(true);
        expect(last === count - 1 || rowOf(last + 1) >= scrollTop + viewHeight).toBe(true);
        expect(last - first).toBeLessThan((viewHeight / layout.rowHeight + 7) * layout.columns);
      },
    ),
  );
});

test('nothing to draw gives no range', () => {
  expect(visibleRange(0, layOut(0, 500, 100), 0, 500)).toBeUndefined();
});

test('scrolls no further than needed', () => {
  const layout = layOut(100, 740, 148);
  expect(scrollToShow(5, layout, 0, 700, 20)).toBe(0);
  expect(scrollToShow(0, layout, 300, 700, 20)).toBe(0);
  expect(scrollToShow(16, layout, 0, 700, 20)).toBe(4 * layout.rowHeight + layout.cell + 24 - 700 + 20);
});

test('arrow keys stay in the grid', () => {
  expect(keyTarget('ArrowRight', 9, 10, 4)).toBe(9);
  expect(keyTarget('ArrowDown', 5, 10, 4)).toBe(9);
  expect(keyTarget('ArrowDown', 7, 10, 4)).toBe(7);
  expect(keyTarget('ArrowUp', 2, 10, 4)).toBe(2);
  expect(keyTarget('End', 2, 10, 4)).toBe(9);
  expect(keyTarget('x', 2, 10, 4)).toBeUndefined();
});
