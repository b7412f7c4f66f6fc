/** Where the cells of the virtual grid lie: equal squares with a line of words below, so arithmetic is all it takes. */

export interface GridLayout {
  columns: number;
  /** Width of a cell and height of its picture. */
  cell: number;
  /** Distance from one row to the next. */
  rowHeight: number;
  height: number;
}

export const gap = 14;
const wordsHeight = 24;
/** Rows drawn beyond the visible ones, so that scrolling does not show holes. */
const overscan = 2;

/** `wanted` is the cell width the user chose; cells grow a little so that the columns fill the width. */
export function layOut(count: number, width: number, wanted: number): GridLayout {
  const columns = Math.max(1, Math.floor((width + gap) / (wanted + gap)));
  const cell = Math.max(1, Math.floor((width - gap * (columns - 1)) / columns));
  const rowHeight = cell + wordsHeight + gap;
  const rows = Math.ceil(count / columns);
  return { columns, cell, rowHeight, height: Math.max(0, rows * rowHeight - gap) };
}

/** First and last position to draw, ends included; undefined when there is nothing. */
export function visibleRange(
  count: number,
  layout: GridLayout,
  scrollTop: number,
  viewHeight: number,
): [first: number, last: number] | undefined {
  if (count === 0) return undefined;
  const firstRow = Math.max(0, Math.floor(scrollTop / layout.rowHeight) - overscan);
  const lastRow = Math.floor((scrollTop + viewHeight) / layout.rowHeight) + overscan;
  const first = Math.min(count - 1, firstRow * layout.columns);
  return [first, Math.max(first, Math.min(count - 1, (lastRow + 1) * layout.columns - 1))];
}

/** How far to scroll so that a position is wholly in view. */
export function scrollToShow(
  index: number,
  layout: GridLayout,
  scrollTop: number,
  viewHeight: number,
  margin: number,
): number {
  const top = Math.floor(index / layout.columns) * layout.rowHeight;
  const bottom = top + layout.rowHeight - gap;
  if (top < scrollTop) return Math.max(0, top - margin);
  if (bottom > scrollTop + viewHeight) return bottom - viewHeight + margin;
  return scrollTop;
}

/** Where a key leads from a position; undefined when the key is none of the grid's. */
export function keyTarget(key: string, index: number, count: number, columns: number): number | undefined {
  const steps: Record<string, number> = {
    ArrowLeft: index - 1,
    ArrowRight: index + 1,
    ArrowUp: index - columns < 0 ? index : index - columns,
    ArrowDown: index + columns > count - 1 ? index : index + columns,
    Home: 0,
    End: count - 1,
  };
  const target = steps[key];
  return target === undefined ? undefined : Math.min(count - 1, Math.max(0, target));
}
