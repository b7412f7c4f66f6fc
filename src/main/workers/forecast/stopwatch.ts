/** Timing a piece of work that is done many times: warm-up left out, the median of the rest. */
import { median } from '#shared/domain/median.ts';

export interface Repeats {
  /** Measured times at the least, after the warm-up. */
  least: number;
  most: number;
  /** No further time is begun once so many seconds were spent on measuring. */
  budgetSeconds: number;
}

/** Seconds that `act` takes, and what it returned. */
export async function timed<T>(act: () => Promise<T>): Promise<{ seconds: number; result: T }> {
  const start = performance.now();
  const result = await act();
  return { seconds: (performance.now() - start) / 1000, result };
}

/** Writes down what a piece of work of this name took. */
export type RecordTime = (name: string, seconds: number) => void;

/** Calls `act` once to warm up, then as often as `repeats` allows; medians of what it recorded, by name. */
export async function medians(
  act: (record: RecordTime) => Promise<void>,
  { least, most, budgetSeconds }: Repeats,
): Promise<{ [name: string]: number }> {
  const recorded = new Map<string, number[]>();
  await act(() => {});
  const start = performance.now();
  for (let round = 0; round < most; round++) {
    if (round >= least && (performance.now() - start) / 1000 > budgetSeconds) break;
    await act((name, seconds) => recorded.set(name, [...(recorded.get(name) ?? []), seconds]));
  }
  return Object.fromEntries([...recorded].map(([name, values]) => [name, median(values)]));
}
