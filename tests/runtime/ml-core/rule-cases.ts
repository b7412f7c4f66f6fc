/** For each gradient rule, how to draw small operands and apply the operator to them. */
import type { RuleCases } from './rule-cases/draw.ts';
import { convolutionCases } from './rule-cases/convolution.ts';
import { elementwiseCases } from './rule-cases/elementwise.ts';
import { indexingCases } from './rule-cases/indexing.ts';
import { matmulCases } from './rule-cases/matmul.ts';
import { reduceCases } from './rule-cases/reduce.ts';
import { shapeCases } from './rule-cases/shape.ts';

export { operand } from './rule-cases/draw.ts';
export { stopCases } from './rule-cases/elementwise.ts';

export const ruleCases: RuleCases = {
  ...elementwiseCases,
  ...matmulCases,
  ...convolutionCases,
  ...reduceCases,
  ...shapeCases,
  ...indexingCases,
};
