/** For each gradient rule, how to draw small operands and apply the operator to them. */
import fc from 'fast-check';
import { rotaryTables } from '#main/ml/nn/rotary.ts';
import type { Shape } from '#main/ml/onnx/dtype.ts';
import { sizeOf } from '#main/ml/onnx/dtype.ts';
import type { Graph, Value } from '#main/ml/onnx/graph.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { Random } from '#shared/domain/random.ts';
import type { Operand } from './run-graph.ts';

export interface RuleCase {
  operands: Operand[];
  build: (graph: Graph, xs: Value[]) => Value;
}

const size = fc.integer({ min: 1, max: 3 });
const shape = fc.array(size, { minLength: 1, maxLength: 3 });
const seed = fc.nat(1_000_000);

/** Numbers between -1.5 and 1.5. */
const real = (random: Random) => 3 * random.uniform() - 1.5;
const positive = (random: Random) => 0.6 + random.uniform();
/** Halves with an offset: far from 0, from ±0.5, ±1 and from each other when the offsets differ. */
const grid = (offset: number) => (random: Random) => (random.integer(6) - 3) / 2 + offset;

function operand(shape: Shape, seed: number, draw: (random: Random, i: number) => number = real): Operand {
  const random = Random.seeded(seed, shape.join());
  return { shape, values: Float32Array.from({ length: sizeOf(shape) }, (_, i) => draw(random, i)) };
}

type Draw = (random: Random, i: number) => number;

function unary(apply: (x: Value) => Value, draw: Draw = real): fc.Arbitrary<RuleCase> {
  return fc
    .tuple(shape, seed)
    .map(([shape, seed]) => ({ operands: [operand(shape, seed, draw)], build: (_, [x]) => apply(x!) }));
}

/** A shape, and one that broadcasts with it: some axes 1, leading axes left out. */
const broadcasting = fc
  .tuple(shape, fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), fc.nat(2), fc.boolean())
  .map(([whole, ones, dropped, swap]): [Shape, Shape] => {
    const part = whole.map((size, axis) => (ones[axis] ? 1 : size)).slice(Math.min(dropped, whole.length));
    return swap ? [part, whole] : [whole, part];
  });

function binary(
  apply: (a: Value, b: Value) => Value,
  drawA: Draw = real,
  drawB = drawA,
): fc.Arbitrary<RuleCase> {
  return fc.tuple(broadcasting, seed).map(([[a, b], seed]) => ({
    operands: [operand(a, seed, drawA), operand(b, seed + 1, drawB)],
    build: (_, [x, y]) => apply(x!, y!),
  }));
}

/** An operator over one axis of `x`. */
function alongAxis(apply: (x: Value, axis: number) => Value, draw: Draw = real): fc.Arbitrary<RuleCase> {
  return fc.tuple(shape, fc.nat(2), seed).map(([shape, axis, seed]) => ({
    operands: [operand(shape, seed, draw)],
    build: (_, [x]) => apply(x!, axis % shape.length),
  }));
}

function product(options: op.MatmulOptions): fc.Arbitrary<RuleCase> {
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
  return fc.tuple(batches, size, size, size, seed).map(([[batchA, batchB], rows, inner, columns, seed]) => {
    const a = options.transA ? [inner, rows] : [rows, inner];
    const b = options.transB ? [columns, inner] : [inner, columns];
    return {
      operands: [operand([...batchA, ...a], seed), operand([...batchB, ...b], seed + 1)],
      build: (_, [x, y]) => op.matmul(x!, y!, options),
    };
  });
}

/** Positions below `limit`, drawn with repetition, as a constant. */
function positions(graph: Graph, shape: Shape, limit: number, seed: number): Value {
  const random = Random.seeded(seed, 'positions');
  return graph.tensor(
    'int64',
    shape,
    Array.from({ length: sizeOf(shape) }, () => random.integer(limit)),
  );
}

/** Distinct numbers, so that the largest is one. */
const distinct: Draw = (_, i) => ((i * 7) % 11) / 4 - 1;

/** By operator, as in the rule table. */
export const ruleCases: Record<string, fc.Arbitrary<RuleCase>> = {
  Add: binary(op.add),
  Sub: binary(op.sub),
  Mul: binary(op.mul),
  Div: binary(op.div, real, positive),
  Pow: binary(op.pow, positive, real),
  Max: binary(op.maximum, grid(0.1), grid(0.3)),
  Min: binary(op.minimum, grid(0.1), grid(0.3)),
  Neg: unary(op.neg),
  Abs: unary(op.abs, grid(0.2)),
  Sqrt: unary(op.sqrt, positive),
  Reciprocal: unary(op.reciprocal, positive),
  Exp: unary(op.exp),
  Log: unary(op.log, positive),
  Sin: unary(op.sin),
  Cos: unary(op.cos),
  Tanh: unary(op.tanh),
  Sigmoid: unary(op.silu),
  Erf: unary(op.gelu),
  Relu: unary(op.relu, grid(0.2)),
  Clip: unary((x) => op.clip(x, -0.5, 1), grid(0.2)),
  Where: binary((a, b) => op.where(op.less(a, b), op.mul(a, 3), b), grid(0.1), grid(0.3)),
  MatMul: product({}),
  FusedMatMul: fc
    .record({ transA: fc.boolean(), transB: fc.boolean() })
    .chain((flags) => product({ ...flags, alpha: 0.7 })),
  ReduceSum: alongAxis((x, axis) => op.reduceSum(x, { axes: [axis] })),
  ReduceMean: alongAxis((x, axis) => op.mul(x, op.reduceMean(x, { axes: [axis], keepDims: true }))),
  ReduceSumSquare: alongAxis((x, axis) => op.reduceSumSquare(x, { axes: [axis] })),
  ReduceMax: alongAxis((x, axis) => op.reduceMax(x, { axes: [axis] }), distinct),
  Softmax: unary(op.softmax),
  LogSoftmax: unary(op.logSoftmax),
  CumSum: fc.boolean().chain((reverse) => alongAxis((x, axis) => op.cumSum(x, axis, reverse))),
  Reshape: unary((x) => op.square(op.reshape(x, [-1]))),
  Expand: unary((x) => op.expand(op.unsqueeze(x, [0]), [2, ...x.shape])),
  Transpose: unary((x) =>
    op.transpose(
      x,
      x.shape.map((_, axis) => (axis + 1) % x.shape.length),
    ),
  ),
  Slice: alongAxis((x, axis) => op.slice(x, axis, x.shape[axis]! - 1)),
  Pad: alongAxis((x, axis) =>
    op.pad(
      x,
      x.shape.map((_, i) => (i === axis ? [1, 2] : [0, 1])),
    ),
  ),
  Concat: alongAxis((x, axis) => op.concat([x, op.square(x), x], axis)),
  // One part stays unused: its gradient is zero.
  Split: alongAxis((x, axis) => {
    const whole = op.concat([x, x], axis);
    const parts = op.split(whole, axis, [1, 2 * x.shape[axis]! - 1]);
    return op.square(parts[1]!);
  }),
  Gather: fc.tuple(size, size, seed).map(([rows, width, seed]) => ({
    operands: [operand([rows, width], seed)],
    build: (graph, [table]) => op.gather(table!, positions(graph, [2, 3], rows, seed)),
  })),
  GatherElements: fc.tuple(size, size, seed).map(([rows, classes, seed]) => ({
    operands: [operand([rows, classes], seed)],
    build: (graph, [x]) => op.gatherElements(x!, positions(graph, [rows, 1], classes, seed), 1),
  })),
  ScatterElements: fc.tuple(size, size, seed).map(([rows, classes, seed]) => ({
    operands: [operand([rows, classes], seed), operand([rows, 1], seed + 1)],
    build: (graph, [x, updates]) =>
      op.scatterElements(x!, positions(graph, [rows, 1], classes, seed), updates!, 1),
  })),
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

/** Operators whose rule is that no gradient flows, with operands at which they do not jump. */
export const stopCases: Record<string, { apply: (x: Value) => Value; draw: Draw }> = {
  Identity: { apply: op.stopGradient, draw: real },
  Floor: { apply: op.floor, draw: grid(0.2) },
  Round: { apply: op.round, draw: grid(0.2) },
  Sign: { apply: op.sign, draw: grid(0.2) },
};

export { operand };
