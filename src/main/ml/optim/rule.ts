/** What an optimizer is: the state it keeps for a parameter, the numbers of a step, and how weight and state change. */
import type { Value } from '../onnx/graph.ts';
import type { ElementProgram } from './element-program.ts';

export interface StepInfo {
  /** Number of the update, counted from 1. */
  step: number;
  learningRate: number;
  /** Whether weight decay applies to the parameter. */
  decay: boolean;
}

/**
 * Either arithmetic on elements, or a function of a whole matrix (or of several, side by side) that replaces `gradient`.
 * Programs know the tensors `weight`, `gradient` (the sum over micro-batches) and the rule's slots; the scalar `scale` makes
 * the sum a clipped mean.
 */
export type Stage =
  | { kind: 'elements'; program: ElementProgram }
  | { kind: 'matrix'; transform(gradient: Value, sideBySide: number): Value };

export interface UpdateRule {
  /** Tells the scalars of this rule from those of another in the same graph. */
  readonly name: string;
  /** State tensors, each of the parameter's shape. */
  readonly slots: readonly Slot[];
  /** All scalars that the programs name, but `scale`; in double precision. */
  scalars(info: StepInfo): Record<string, number>;
  readonly stages: readonly Stage[];
}

export interface Slot {
  /** `m` and `v` are running means of the gradient and of its square; the same name means the same in every rule. */
  readonly name: string;
  readonly start: 'zeros' | 'weight';
}

export const zeroSlots = (...names: string[]): Slot[] => names.map((name) => ({ name, start: 'zeros' }));
