/** Points of a run as the columns of a chart. */
import type { MetricPoint, TrainingStage } from '#shared/contract/training.ts';

/** Columns of equal length: steps, training loss, the same smoothed, and held-out loss where it was measured. */
export interface LossColumns {
  steps: number[];
  train: (number | null)[];
  smooth: (number | null)[];
  val: (number | null)[];
}

/** Share of the past in the smoothed curve. */
const memory = 0.9;

export function lossColumns(points: readonly MetricPoint[], stage: TrainingStage): LossColumns {
  const train = new Map<number, number>();
  const val = new Map<number, number>();
  for (const point of points) {
    if (point.stage !== stage) continue;
    // After a resume some steps come a second time: the later one counts.
    if (point.name === 'loss/train') train.set(point.step, point.value);
    if (point.name === 'loss/val') val.set(point.step, point.value);
  }
  const steps = [...new Set([...train.keys(), ...val.keys()])].sort((a, b) => a - b);
  return {
    steps,
    train: steps.map((step) => train.get(step) ?? null),
    smooth: smoothed(steps.map((step) => train.get(step) ?? null)),
    val: steps.map((step) => val.get(step) ?? null),
  };
}

/** Exponential moving average, corrected for its start (as in Adam). */
function smoothed(values: readonly (number | null)[]): (number | null)[] {
  let average = 0;
  let count = 0;
  return values.map((value) => {
    if (value === null) return null;
    count++;
    average = memory * average + (1 - memory) * value;
    return average / (1 - memory ** count);
  });
}

/** The latest value of a metric, whatever the stage. */
export function latest(points: readonly MetricPoint[], name: string): number | undefined {
  return points.findLast((point) => point.name === name)?.value;
}
