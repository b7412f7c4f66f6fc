/** The learning rate over a run: a linear warm-up, then a cosine down to a fraction of the peak. */
import type { OptimizerConfig } from '#shared/domain/training-config.ts';

type Schedule = Pick<OptimizerConfig, 'learningRate' | 'warmup' | 'finalRate'>;

/** The rate of update `step` (counted from 0) of `total`. The last warm-up step has the peak, the last step the final rate. */
export function learningRateAt(
  { learningRate, warmup, finalRate }: Schedule,
  step: number,
  total: number,
): number {
  const warmupSteps = Math.round(warmup * total);
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, total - 1 - warmupSteps));
  const cosine = (1 + Math.cos(Math.PI * progress)) / 2;
  return learningRate * (finalRate + (1 - finalRate) * cosine);
}
