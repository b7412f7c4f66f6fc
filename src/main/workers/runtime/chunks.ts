/** Cutting lists into micro-batches. */

/** Parts of `size` items; the last may be shorter. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** The largest micro-batch, at most `wanted`, of which `batch` is a whole multiple: graphs have fixed sizes. */
export function microBatchFor(batch: number, wanted: number): number {
  let size = Math.min(batch, wanted);
  while (batch % size !== 0) size--;
  return size;
}
