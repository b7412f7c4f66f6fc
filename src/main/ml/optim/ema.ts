/**
 * A running average of the weights, w̄ = d·w̄ + (1−d)·w after every update (Polyak and Juditsky 1992), which usually predicts
 * better than the weights themselves. It rides along in the pass that updates the weights.
 */
import { elementProgram, mix } from './element-program.ts';
import type { Stage, UpdateRule } from './rule.ts';

export const EMA_SLOT = 'ema';

/** The share of the old average that is kept: at first less than `decay`, so that the start values are soon forgotten. */
export const emaDecayAt = (decay: number, step: number): number => Math.min(decay, (1 + step) / (10 + step));

export function withEma(rule: UpdateRule, decay: number): UpdateRule {
  const last = rule.stages.at(-1);
  if (last?.kind !== 'elements') throw new Error(`${rule.name} does not end with the weights`);
  const inner = last.program;
  const program = elementProgram<string, string>({
    tensors: [...inner.tensors, EMA_SLOT],
    scalars: [...inner.scalars, 'emaShare'],
    body: (math, x) => {
      const next = inner.body(math, x);
      return { ...next, [EMA_SLOT]: mix(math, x[EMA_SLOT]!, next['weight']!, x['emaShare']!) };
    },
  });
  const stages: Stage[] = [...rule.stages.slice(0, -1), { kind: 'elements', program }];
  return {
    name: rule.name,
    slots: [...rule.slots, { name: EMA_SLOT, start: 'weight' }],
    scalars: (info) => ({ ...rule.scalars(info), emaShare: 1 - emaDecayAt(decay, info.step) }),
    stages,
  };
}
