/** The middle value; of an even number of values the mean of the two in the middle. Throws when there are none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('Median of nothing');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}
