/** Gradient rule of the rotation by position: the gradient is turned back. Tables of angles are never trained. */
import * as op from '../../onnx/ops.ts';
import type { Rule } from '../rule.ts';
import { input } from '../rule.ts';

export const rotaryRules: Record<string, Rule> = {
  RotaryEmbedding: (dy, node) => [
    () => op.rotary(dy, input(node, 2), op.neg(input(node, 3))),
    null,
    null,
    null,
  ],
};
