/**
 * Stochastic gradient descent with momentum, as PyTorch's `SGD`: velocity = momentum·velocity + gradient, with the weight decay as
 * a part of the gradient; `nesterov` steps along gradient + momentum·velocity (Sutskever et al. 2013).
 */
import type { OptimizerConfig } from '#shared/domain/optimizer-config.ts';
import { elementProgram } from './element-program.ts';
import { zeroSlots, type UpdateRule } from './rule.ts';

export function sgd({ momentum, nesterov, weightDecay }: OptimizerConfig): UpdateRule {
  const program = elementProgram({
    tensors: ['weight', 'gradient', 'velocity'],
    scalars: ['scale', 'rate', 'pull'],
    body: (math, { weight, gradient, velocity, scale, rate, pull }) => {
      const g = math.add(math.mul(gradient, scale), math.mul(weight, pull));
      const share = math.constant(momentum);
      const next = math.add(math.mul(velocity, share), g);
      const direction = nesterov ? math.add(g, math.mul(next, share)) : next;
      return { weight: math.sub(weight, math.mul(direction, rate)), velocity: next };
    },
  });
  return {
    name: 'sgd',
    slots: zeroSlots('velocity'),
    scalars: ({ learningRate, decay }) => ({ rate: learningRate, pull: decay ? weightDecay : 0 }),
    stages: [{ kind: 'elements', program }],
  };
}
