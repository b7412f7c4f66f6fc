/** The learning rate over a run: a linear warm-up, then a cosine (Loshchilov and Hutter 2017), a constant rate, or WSD. */
import type { OptimizerConfig } from '#shared/domain/optimizer-config.ts';

type Schedule = Pick<OptimizerConfig, 'schedule' | 'learningRate' | 'warmup' | 'finalRate' | 'decline'>;

/**
 * The rate of update `step` (counted from 0) of `total`. The last step of the warm-up has the peak; the last step of the cosine
 * and of `wsd` has the final rate. WSD, warm-up, stable, decay (Hu et al. 2024), keeps the peak until its linear decline.
 */
export function learningRateAt(
  { schedule, learningRate, warmup, finalRate, decline }: Schedule,
  step: number,
  total: number,
): number {
  const warmupSteps = Math.round(warmup * total);
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  const last = total - 1;
  if (schedule === 'constant') return learningRate;
  if (schedule === 'cosine') {
    const progress = Math.min(1, (step - warmupSteps) / Math.max(1, last - warmupSteps));
    return between(finalRate, learningRate, (1 + Math.cos(Math.PI * progress)) / 2);
  }
  const declineSteps = Math.min(Math.round(decline * total), total - warmupSteps);
  const left = Math.max(0, last - step);
  return left >= declineSteps ? learningRate : between(finalRate, learningRate, left / declineSteps);
}

/** From the final rate (height 0) to the peak (height 1). */
const between = (finalRate: number, peak: number, height: number) =>
  peak * (finalRate + (1 - finalRate) * height);
