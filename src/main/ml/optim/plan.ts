/** Which rule updates which parameter, and what state that takes. */
import type { OptimizerConfig } from '#shared/domain/optimizer-config.ts';
import type { ParameterSet, ParameterSpec, Weights } from '../nn/parameters.ts';
import type { Shape } from '../onnx/dtype.ts';
import { adamw } from './adamw.ts';
import { withEma } from './ema.ts';
import { lion } from './lion.ts';
import { muon } from './muon.ts';
import type { Slot, UpdateRule } from './rule.ts';
import { sgd } from './sgd.ts';

export interface PlannedUpdate {
  spec: ParameterSpec;
  rule: UpdateRule;
}

/** The trainable parameters in the order of declaration, each with its rule; those of a kind share one. */
export function planUpdates(parameters: ParameterSet, config: OptimizerConfig): PlannedUpdate[] {
  const averaged = (rule: UpdateRule) => (config.ema === 0 ? rule : withEma(rule, config.ema));
  const matrices = averaged(ruleFor(config));
  // Orthogonal updates suit what maps a space to a space; tables and heads have a row or column for each word.
  const others = config.kind === 'muon' ? averaged(adamw(config)) : matrices;
  return parameters.trainable.map((spec) => ({ spec, rule: spec.role === 'matrix' ? matrices : others }));
}

function ruleFor(config: OptimizerConfig): UpdateRule {
  switch (config.kind) {
    case 'adamw':
      return adamw(config);
    case 'adam':
      return adamw(config, { coupled: true });
    case 'sgd':
      return sgd(config);
    case 'lion':
      return lion(config);
    case 'muon':
      return muon(config);
  }
}

export interface SlotSpec extends Slot {
  /** `<slot>/<parameter>`: the name in a trainer's state and in a checkpoint. */
  key: string;
  parameter: string;
  shape: Shape;
}

export const slotKey = (slot: string, parameter: string): string => `${slot}/${parameter}`;

/** The state that an optimizer keeps beside the weights. */
export function slotSpecs(parameters: ParameterSet, config: OptimizerConfig): SlotSpec[] {
  return planUpdates(parameters, config).flatMap(({ spec: { name: parameter, shape }, rule }) =>
    rule.slots.map((slot) => ({ ...slot, key: slotKey(slot.name, parameter), parameter, shape })),
  );
}

/** What the state is before the first update, by key. */
export function initialSlots(specs: readonly SlotSpec[], weights: Weights): Map<string, Float32Array> {
  return new Map(
    specs.map(({ key, parameter, start }) => {
      const weight = weights.get(parameter)!;
      return [key, start === 'weight' ? weight.slice() : new Float32Array(weight.length)];
    }),
  );
}
