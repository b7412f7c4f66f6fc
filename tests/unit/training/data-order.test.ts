import { expect, test } from 'vitest';
import { DataOrder } from '#main/workers/train/data-order.ts';

const epochsOf = (order: DataOrder, count: number, epochs: number) =>
  Array.from({ length: epochs }, (_, epoch) => order.batch(epoch * count, count));

test('every epoch holds every clip once, in an order of its own', () => {
  const epochs = epochsOf(new DataOrder(20, 1), 20, 3);
  for (const epoch of epochs)
    expect(epoch.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(new Set(epochs.map(String)).size).toBe(3);
});

test('the order follows from the seed, wherever one starts to read', () => {
  const whole = epochsOf(new DataOrder(7, 5), 7, 4).flat();
  expect(new DataOrder(7, 5).batch(10, 12)).toEqual(whole.slice(10, 22));
  expect(new DataOrder(7, 6).batch(10, 12)).not.toEqual(whole.slice(10, 22));
});

test('a batch may be larger than the data', () => {
  expect(new DataOrder(2, 1).batch(0, 6).toSorted()).toEqual([0, 0, 0, 1, 1, 1]);
});

test('the cursor says how far an epoch has come', () => {
  expect(new DataOrder(7, 1).cursorAt(17)).toEqual({ epoch: 2, clip: 3 });
});
