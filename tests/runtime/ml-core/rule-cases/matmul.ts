/** Cases of matrix products: all transpositions, all ways in which batches broadcast, and the rotation by position. */
import fc from 'fast-check';
import { rotaryTables } from '#main/ml/nn/rotary.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { operand, seed, size, type RuleCase, type RuleCases } from './draw.ts';

const batches = fc.constantFrom(
  [[], []],
  [[2], []],
  [[], [2]],
  [[2], [1]],
  [
    [2, 2],
    [2, 2],
  ],
  [[2, 1], [3]],
);

function product(options: op.MatmulOptions): fc.Arbitrary<RuleCase> {
  return fc.tuple(batches, size, size, size, seed).map(([[batchA, batchB], rows, inner, columns, seed]) => {
    const a = options.transA ? [inner, rows] : [rows, inner];
    const b = options.transB ? [columns, inner] : [inner, columns];
    return {
      operands: [operand([...batchA, ...a], seed), operand([...batchB, ...b], seed + 1)],
      build: (_, [x, y]) => op.matmul(x!, y!, options),
    };
  });
}

export const matmulCases: RuleCases = {
  MatMul: product({}),
  FusedMatMul: fc
    .record({ transA: fc.boolean(), transB: fc.boolean() })
    .chain((flags) => product({ ...flags, alpha: 0.7 })),
  RotaryEmbedding: fc.tuple(size, size, size, seed).map(([heads, length, half, seed]) => ({
    operands: [operand([2, heads, length, 2 * half], seed)],
    build: (graph, [x]) => {
      const positions = Array.from({ length }, (_, i) => [i + seed]);
      const { cos, sin } = rotaryTables(positions, [half]);
      const table = (values: Float32Array) => graph.constant('float32', [length, half], values);
      return op.square(op.rotary(x!, table(cos), table(sin)));
    },
  })),
};
