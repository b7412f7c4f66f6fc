/**
 * Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon): momentum made orthogonal by five Newton–Schulz
 * iterations, for the matrices inside a network; the rest is AdamW's (see `plan.ts`). Updates are scaled to the root mean
 * square of AdamW's, 0.2·√max(rows, columns) (Liu et al. 2025, “Muon is scalable for LLM training”), so that one learning
 * rate and one weight decay suit both. Same as PyTorch's `Muon(adjust_lr_fn="match_rms_adamw")`, which iterates in bfloat16.
 */
import type { OptimizerConfig } from '#shared/domain/optimizer-config.ts';
import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import { elementProgram, mix } from './element-program.ts';
import { zeroSlots, type UpdateRule } from './rule.ts';

const ITERATIONS = 5;
/** Of the polynomial a·x + b·x³ + c·x⁵, whose iteration drives all singular values towards about 1. */
const [A, B, C] = [3.4445, -4.775, 2.0315];
const MATCH_RMS = 0.2;

export function muon({ momentum, nesterov, weightDecay }: OptimizerConfig): UpdateRule {
  const gather = elementProgram({
    tensors: ['gradient', 'm'],
    scalars: ['scale'],
    body: (math, { gradient, m, scale }) => {
      const g = math.mul(gradient, scale);
      const next = mix(math, m, g, math.constant(1 - momentum));
      return { m: next, gradient: nesterov ? mix(math, g, next, math.constant(momentum)) : next };
    },
  });
  const apply = elementProgram({
    tensors: ['weight', 'gradient'],
    scalars: ['rate', 'keep'],
    body: (math, { weight, gradient, rate, keep }) => ({
      weight: math.sub(math.mul(weight, keep), math.mul(gradient, rate)),
    }),
  });
  return {
    name: 'muon',
    slots: zeroSlots('m'),
    scalars: ({ learningRate, decay }) => ({
      rate: learningRate,
      keep: decay ? 1 - learningRate * weightDecay : 1,
    }),
    stages: [
      { kind: 'elements', program: gather },
      { kind: 'matrix', transform: eachOrthogonal },
      { kind: 'elements', program: apply },
    ],
  };
}

/** Queries, keys and values are three matrices, though one product makes them: each is made orthogonal by itself. */
function eachOrthogonal(gradient: Value, sideBySide: number): Value {
  if (sideBySide === 1) return scaledOrthogonal(gradient);
  const width = gradient.shape[1]! / sideBySide;
  const parts = op.split(gradient, 1, new Array<number>(sideBySide).fill(width));
  return op.concat(parts.map(scaledOrthogonal), 1);
}

const scaledOrthogonal = (x: Value): Value => op.mul(orthogonal(x), rmsFactor(x));

const rmsFactor = ({ shape }: Value): number => MATCH_RMS * Math.sqrt(Math.max(...shape));

/** x [rows, columns] with its singular values near 1 (0.7 … 1.2). */
function orthogonal(x: Value): Value {
  const [rows, columns] = x.shape as [number, number];
  const isTall = rows > columns;
  const norm = op.sqrt(op.reduceSumSquare(x));
  let y = op.div(x, op.maximum(norm, 1e-7));
  // The smaller of the two Gram matrices is used: X·Xᵀ from the left, or XᵀX from the right.
  for (let i = 0; i < ITERATIONS; i++) {
    const gram = isTall ? op.matmul(y, y, { transA: true }) : op.matmul(y, y, { transB: true });
    const factor = op.add(op.mul(gram, B), op.mul(op.matmul(gram, gram), C));
    y = op.add(op.mul(y, A), isTall ? op.matmul(y, factor) : op.matmul(factor, y));
  }
  return y;
}
