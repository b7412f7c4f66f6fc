/** Splits never leak, are reproducible, and keep close to their ratio. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assignSplits, type SplitPlan } from '#shared/domain/split.ts';
import { checkSplits } from '#shared/domain/split-check.ts';

const plans: fc.Arbitrary<SplitPlan> = fc.record({
  groups: fc
    .uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 3, maxLength: 60 })
    .chain((ids) =>
      fc.tuple(...ids.map((id) => fc.integer({ min: 1, max: 40 }).map((weight) => ({ id, weight })))),
    ),
  ratio: fc.record({
    train: fc.double({ min: 0.05, max: 1, noNaN: true }),
    val: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 1, noNaN: true })),
    test: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 1, noNaN: true })),
  }),
  seed: fc.nat(),
});

const names = ['train', 'val', 'test'] as const;

function weights({ groups }: SplitPlan, split: Map<string, string>) {
  const sums = { train: 0, val: 0, test: 0 };
  for (const { id, weight } of groups) sums[split.get(id) as 'train'] += weight;
  return sums;
}

describe('assignSplits', () => {
  test('every group is in exactly one part, and every part that has a share has a group', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const split = assignSplits(plan);
        expect([...split.keys()].sort()).toEqual(plan.groups.map((group) => group.id).sort());
        const used = new Set(split.values());
        for (const name of names) expect(used.has(name)).toBe(plan.ratio[name] > 0);
      }),
    );
  });

  test('the order of the groups does not matter, the seed does', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const entries = (map: Map<string, string>) => [...map].sort();
        const reversed = { ...plan, groups: plan.groups.toReversed() };
        expect(entries(assignSplits(reversed))).toEqual(entries(assignSplits(plan)));
      }),
    );
    const groups = Array.from({ length: 30 }, (_, i) => ({ id: `g${i}`, weight: 1 }));
    const ratio = { train: 0.5, val: 0.25, test: 0.25 };
    const splits = [1, 2, 3].map((seed) => JSON.stringify([...assignSplits({ groups, ratio, seed })].sort()));
    expect(new Set(splits).size).toBe(3);
  });

  test('a part misses its share by no more than the largest group, twice that for rescued ones', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const total = plan.groups.reduce((sum, group) => sum + group.weight, 0);
        const largest = Math.max(...plan.groups.map((group) => group.weight));
        const shares = names.reduce((sum, name) => sum + plan.ratio[name], 0);
        const sums = weights(plan, assignSplits(plan));
        const targets = names.map((name) => (plan.ratio[name] / shares) * total);
        const small = names.some((name, i) => plan.ratio[name] > 0 && targets[i]! < largest);
        names.forEach((name, i) => {
          expect(Math.abs(sums[name] - targets[i]!)).toBeLessThanOrEqual(largest * (small ? 2 : 1) + 1e-9);
        });
      }),
    );
  });

  test('equal groups meet the ratio exactly', () => {
    const groups = Array.from({ length: 100 }, (_, i) => ({ id: `g${i}`, weight: 1 }));
    const plan = { groups, ratio: { train: 8, val: 1, test: 1 }, seed: 7 };
    expect(weights(plan, assignSplits(plan))).toEqual({ train: 80, val: 10, test: 10 });
  });

  test('too few groups are refused', () => {
    const groups = [
      { id: 'a', weight: 5 },
      { id: 'b', weight: 1 },
    ];
    const ratio = { train: 0.8, val: 0.1, test: 0.1 };
    expect(() => assignSplits({ groups, ratio, seed: 1 })).toThrow(
      expect.objectContaining({ code: 'too-few-groups', params: { groups: 2, parts: 3 } }),
    );
    expect(assignSplits({ groups, ratio: { ...ratio, test: 0 }, seed: 1 }).size).toBe(2);
  });
});

describe('checkSplits', () => {
  const clip = (id: string, split: 'train' | 'val' | 'test', ...perceptualHashes: string[]) => ({
    id,
    split,
    perceptualHashes,
  });

  test('finds the closest pair across parts and counts what it compared', () => {
    const check = checkSplits([
      clip('a', 'train', '0000000000000000', '00000000000000ff'),
      clip('b', 'train', '0000000000000000'),
      clip('c', 'val', 'ffffffffffffffff'),
      clip('d', 'test', '0000000000000003'),
      clip('flat', 'test'),
    ]);
    expect(check.pairsChecked).toBe(5);
    expect(check.closestPair).toEqual({ a: 'b', b: 'd', distance: 2 });
  });

  test('nothing to compare', () => {
    expect(checkSplits([clip('a', 'train', '0000000000000000')])).toEqual({
      pairsChecked: 0,
      closestPair: null,
    });
  });
});
