/** A few of many, picked without favour and always the same. */
import { Random } from '#shared/domain/random.ts';

/** At most `count` of the items, in their order. The same seed picks the same. */
export function chooseByLot<T>(items: readonly T[], count: number, seed: number): T[] {
  if (items.length <= count) return [...items];
  const order = Random.seeded(seed, 'choice').shuffle(items.map((_, i) => i));
  return order
    .slice(0, count)
    .sort((a, b) => a - b)
    .map((i) => items[i]!);
}
