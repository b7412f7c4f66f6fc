/**
 * AdamW (Loshchilov and Hutter 2019) with clipping by the global norm, as nodes of a graph. Results equal those of PyTorch's
 * `clip_grad_norm_` followed by `AdamW.step`.
 */
import type { OptimizerConfig } from '#shared/domain/training-config.ts';
import type { Graph, Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';

/** Scalars that change from update to update; fed to the graph, because they are wanted in double precision. */
export const updateScalars = ['gradientScale', 'stepSize', 'rootCorrection', 'decayRate'] as const;
export type UpdateScalars = Record<(typeof updateScalars)[number], number>;

/** For update number `step`, counted from 1, after `microBatches` gradients were added up. */
export function adamwScalars(
  { beta1, beta2, weightDecay }: OptimizerConfig,
  { step, learningRate, microBatches }: { step: number; learningRate: number; microBatches: number },
): UpdateScalars {
  return {
    gradientScale: 1 / microBatches,
    stepSize: learningRate / (1 - beta1 ** step),
    rootCorrection: 1 / Math.sqrt(1 - beta2 ** step),
    decayRate: learningRate * weightDecay,
  };
}

/** One parameter with all that its update needs. */
export interface Moments {
  weight: Value;
  /** Running mean of the gradient, and of its square. */
  m: Value;
  v: Value;
  gradientSum: Value;
  decay: boolean;
}

export interface Updated {
  weight: Value;
  m: Value;
  v: Value;
}

/** New weights and moments in the order of `moments`, and the gradient's norm before clipping. */
export function adamw(
  graph: Graph,
  { beta1, beta2, epsilon, clipNorm }: OptimizerConfig,
  moments: readonly Moments[],
  scalars: Record<keyof UpdateScalars, Value>,
): { updated: Updated[]; gradientNorm: Value } {
  const squares = moments.map(({ gradientSum }) => op.reduceSumSquare(gradientSum));
  const sumNorm = op.sqrt(squares.reduce((sum, part) => op.add(sum, part)));
  const gradientNorm = op.mul(sumNorm, scalars.gradientScale);
  const clipFactor =
    clipNorm === 0 ? graph.scalar(1) : op.minimum(op.div(clipNorm, op.add(gradientNorm, 1e-6)), 1);
  const scale = op.mul(scalars.gradientScale, clipFactor);
  // Constant factors are joined while they are scalars: each spared product is a pass over all weights.
  const scaleM = op.mul(scale, 1 - beta1);
  const scaleV = op.mul(op.square(scale), 1 - beta2);
  const keep = op.sub(1, scalars.decayRate);

  const updated = moments.map(({ weight, m, v, gradientSum, decay }) => {
    const nextM = op.add(op.mul(m, beta1), op.mul(gradientSum, scaleM));
    const nextV = op.add(op.mul(v, beta2), op.mul(op.square(gradientSum), scaleV));
    const root = op.add(op.mul(op.sqrt(nextV), scalars.rootCorrection), epsilon);
    const change = op.mul(op.div(nextM, root), scalars.stepSize);
    const kept = decay ? op.mul(weight, keep) : weight;
    return { weight: op.sub(kept, change), m: nextM, v: nextV };
  });
  return { updated, gradientNorm };
}
