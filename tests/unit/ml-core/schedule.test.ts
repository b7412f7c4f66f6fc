/** The learning rate over a run. */
import { describe, expect, it } from 'vitest';
import { learningRateAt } from '#main/ml/optim/schedule.ts';

const schedule = { schedule: 'cosine', learningRate: 2, warmup: 0.1, finalRate: 0.25, decline: 0.2 } as const;
const ratesOf = (settings: Parameters<typeof learningRateAt>[0], total = 100) =>
  Array.from({ length: total }, (_, step) => learningRateAt(settings, step, total));
const falls = (rates: readonly number[]) => rates.every((rate, i) => i === 0 || rate < rates[i - 1]!);

describe('learning rate', () => {
  it('rises to the peak, then falls along a cosine to the final rate', () => {
    const rates = ratesOf(schedule);
    expect(rates[0]).toBeCloseTo(0.2);
    expect(rates[9]).toBeCloseTo(2);
    expect(rates[10]).toBeCloseTo(2);
    // Half way of the cosine lies half way between peak and end.
    expect((rates[54]! + rates[55]!) / 2).toBeCloseTo(1.25, 3);
    expect(rates[99]).toBeCloseTo(0.5);
    expect(falls(rates.slice(10))).toBe(true);
  });

  it('stays at the peak when constant', () => {
    const rates = ratesOf({ ...schedule, schedule: 'constant' });
    expect(rates[4]).toBeCloseTo(1);
    expect(new Set(rates.slice(9))).toEqual(new Set([2]));
  });

  it('warms up, stays, and declines in a line', () => {
    const rates = ratesOf({ ...schedule, schedule: 'wsd' });
    expect(rates[4]).toBeCloseTo(1);
    expect(new Set(rates.slice(9, 80))).toEqual(new Set([2]));
    expect(falls(rates.slice(79))).toBe(true);
    expect(rates[89]).toBeCloseTo(0.5 + 1.5 / 2);
    expect(rates[99]).toBeCloseTo(0.5);
    const atOnce = ratesOf({ ...schedule, schedule: 'wsd', decline: 0 });
    expect(new Set(atOnce.slice(9))).toEqual(new Set([2]));
  });

  it('needs no warm-up and survives a single step', () => {
    for (const kind of ['cosine', 'constant'] as const)
      expect(learningRateAt({ ...schedule, schedule: kind, warmup: 0 }, 0, 1)).toBe(2);
    expect(Number.isFinite(learningRateAt({ ...schedule, schedule: 'wsd', warmup: 0 }, 0, 1))).toBe(true);
  });
});
