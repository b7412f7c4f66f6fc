/** Settings of an optimizer and of its learning rate over a run. What is left out depends on the kind of optimizer. */
import { z } from 'zod';

export const optimizerKinds = ['adamw', 'adam', 'sgd', 'lion', 'muon'] as const;
export type OptimizerKind = (typeof optimizerKinds)[number];

export const scheduleKinds = ['cosine', 'constant', 'wsd'] as const;

const fields = z.strictObject({
  kind: z.enum(optimizerKinds).default('adamw'),
  learningRate: z.number().gt(0).max(1).optional(),
  /** What follows the warm-up: a cosine, a constant rate, or a constant one with a linear decline at the end. */
  schedule: z.enum(scheduleKinds).default('cosine'),
  /** Fraction of all steps during which the rate rises from 0. */
  warmup: z.number().min(0).max(0.5).optional(),
  /** The cosine and the decline end at this fraction of the peak rate. */
  finalRate: z.number().min(0).max(1).default(0.05),
  /** `wsd`: fraction of all steps that the decline takes. */
  decline: z.number().min(0).max(1).default(0.2),
  /** AdamW, Adam, Lion: memory of the running means. */
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).optional(),
  epsilon: z.number().gt(0).default(1e-8),
  /** SGD, Muon: memory of the momentum. */
  momentum: z.number().min(0).lt(1).optional(),
  /** SGD, Muon: step from where the momentum leads. */
  nesterov: z.boolean().default(true),
  /** Of matrices and heads; embeddings, gains and biases never decay. */
  weightDecay: z.number().min(0).max(1).optional(),
  /** Gradients are scaled down to this global norm; 0 switches clipping off. */
  clipNorm: z.number().min(0).default(1),
  /** Memory of the running average of the weights that is evaluated and generated with; 0 keeps none. */
  ema: z.number().min(0).lt(1).default(0),
});

/** What suits a kind, where it differs from AdamW; rates as multiples of AdamW's. */
const ofKind: Record<OptimizerKind, { rate: number; beta2: number; momentum: number; weightDecay: number }> =
  {
    adamw: { rate: 1, beta2: 0.95, momentum: 0.9, weightDecay: 0.05 },
    adam: { rate: 1, beta2: 0.95, momentum: 0.9, weightDecay: 0 },
    sgd: { rate: 50, beta2: 0.95, momentum: 0.9, weightDecay: 1e-4 },
    lion: { rate: 0.2, beta2: 0.99, momentum: 0.9, weightDecay: 0.25 },
    muon: { rate: 1, beta2: 0.95, momentum: 0.95, weightDecay: 0.05 },
  };

/** Defaults that a kind of optimizer brings along, for one whose AdamW learns at `rate`. */
export function optimizerDefaults(kind: OptimizerKind, rate: number) {
  const { rate: factor, ...rest } = ofKind[kind];
  return { ...rest, learningRate: Number((rate * factor).toPrecision(6)) };
}

/** Settings for a stage whose AdamW learns at `learningRate` by default. Parsing its own result changes nothing. */
export function optimizerSettings(stage: { learningRate: number; warmup?: number }) {
  return fields.transform((given) => {
    const { learningRate, beta2, momentum, weightDecay } = optimizerDefaults(given.kind, stage.learningRate);
    return {
      ...given,
      learningRate: given.learningRate ?? learningRate,
      warmup: given.warmup ?? stage.warmup ?? 0.05,
      beta2: given.beta2 ?? beta2,
      momentum: given.momentum ?? momentum,
      weightDecay: given.weightDecay ?? weightDecay,
    };
  });
}

export const optimizerConfig = optimizerSettings({ learningRate: 1e-3 });
export type OptimizerConfig = z.output<typeof optimizerConfig>;
