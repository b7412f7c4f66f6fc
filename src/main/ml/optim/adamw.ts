/**
 * Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019). Results equal those of PyTorch's
 * `AdamW.step`; with `coupled`, where the decay is a part of the gradient, those of its `Adam(weight_decay=…)`.
 */
import type { OptimizerConfig } from '#shared/domain/optimizer-config.ts';
import { elementProgram, mix } from './element-program.ts';
import { zeroSlots, type UpdateRule } from './rule.ts';

export function adamw(
  { beta1, beta2, epsilon, weightDecay }: OptimizerConfig,
  { coupled = false } = {},
): UpdateRule {
  const program = elementProgram({
    tensors: ['weight', 'gradient', 'm', 'v'],
    scalars: ['scale', 'stepSize', 'rootCorrection', 'keep', 'pull'],
    body: (math, { weight, gradient, m, v, scale, stepSize, rootCorrection, keep, pull }) => {
      const clipped = math.mul(gradient, scale);
      const g = coupled ? math.add(clipped, math.mul(weight, pull)) : clipped;
      const nextM = mix(math, m, g, math.constant(1 - beta1));
      const nextV = mix(math, v, math.mul(g, g), math.constant(1 - beta2));
      const root = math.add(math.mul(math.sqrt(nextV), rootCorrection), math.constant(epsilon));
      const change = math.div(math.mul(nextM, stepSize), root);
      const kept = coupled ? weight : math.mul(weight, keep);
      return { weight: math.sub(kept, change), m: nextM, v: nextV };
    },
  });
  return {
    name: coupled ? 'adam' : 'adamw',
    slots: zeroSlots('m', 'v'),
    scalars: ({ step, learningRate, decay }) => ({
      stepSize: learningRate / (1 - beta1 ** step),
      rootCorrection: 1 / Math.sqrt(1 - beta2 ** step),
      keep: decay ? 1 - learningRate * weightDecay : 1,
      pull: decay ? weightDecay : 0,
    }),
    stages: [{ kind: 'elements', program }],
  };
}
