/** The one table of gradient rules, by ONNX operator. An operator that is not here cannot be trained through. */
import type { Rule } from './rule.ts';
import { activationRules } from './rules/activations.ts';
import { convolutionRules } from './rules/convolution.ts';
import { elementwiseRules } from './rules/elementwise.ts';
import { indexingRules } from './rules/indexing.ts';
import { matmulRules } from './rules/matmul.ts';
import { normalizationRules } from './rules/normalization.ts';
import { reduceRules } from './rules/reduce.ts';
import { resamplingRules } from './rules/resampling.ts';
import { rotaryRules } from './rules/rotary.ts';
import { shapeRules } from './rules/shape.ts';

export const rules: Readonly<Record<string, Rule>> = {
  ...elementwiseRules,
  ...activationRules,
  ...normalizationRules,
  ...matmulRules,
  ...convolutionRules,
  ...reduceRules,
  ...shapeRules,
  ...resamplingRules,
  ...indexingRules,
  ...rotaryRules,
};
