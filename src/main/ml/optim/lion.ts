/**
 * Lion (Chen et al. 2023, algorithm 2): the sign of a mix of gradient and momentum, with decoupled weight decay. Every weight
 * moves by the same amount, so it wants a rate 3 to 10 times smaller, and a decay larger by as much, than AdamW.
 */
import type { OptimizerConfig } from '#shared/domain/optimizer-config.ts';
import { elementProgram, mix } from './element-program.ts';
import { zeroSlots, type UpdateRule } from './rule.ts';

export function lion({ beta1, beta2, weightDecay }: OptimizerConfig): UpdateRule {
  const program = elementProgram({
    tensors: ['weight', 'gradient', 'm'],
    scalars: ['scale', 'rate', 'keep'],
    body: (math, { weight, gradient, m, scale, rate, keep }) => {
      const g = math.mul(gradient, scale);
      const direction = math.sign(mix(math, m, g, math.constant(1 - beta1)));
      return {
        weight: math.sub(math.mul(weight, keep), math.mul(direction, rate)),
        m: mix(math, m, g, math.constant(1 - beta2)),
      };
    },
  });
  return {
    name: 'lion',
    slots: zeroSlots('m'),
    scalars: ({ learningRate, decay }) => ({
      rate: learningRate,
      keep: decay ? 1 - learningRate * weightDecay : 1,
    }),
    stages: [{ kind: 'elements', program }],
  };
}
