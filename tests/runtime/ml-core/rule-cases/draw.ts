/** How operands of rule cases are drawn: small shapes, and numbers at which an operator does not jump. */
import fc from 'fast-check';
import type { Shape } from '#main/ml/onnx/dtype.ts';
import { sizeOf } from '#main/ml/onnx/dtype.ts';
import type { Graph, Value } from '#main/ml/onnx/graph.ts';
import { Random } from '#shared/domain/random.ts';
import type { Operand } from '../run-graph.ts';

/** Operands, and a use of the operator upon them. */
export interface RuleCase {
  operands: Operand[];
  build: (graph: Graph, xs: Value[]) => Value;
}

/** By operator, as in the rule table. */
export type RuleCases = Record<string, fc.Arbitrary<RuleCase>>;

export const size = fc.integer({ min: 1, max: 3 });
export const shape = fc.array(size, { minLength: 1, maxLength: 3 });
export const seed = fc.nat(1_000_000);

/** The number at place `i`. */
export type Draw = (random: Random, i: number) => number;

/** Numbers between -1.5 and 1.5. */
export const real: Draw = (random) => 3 * random.uniform() - 1.5;
export const positive: Draw = (random) => 0.6 + random.uniform();
/** Halves with an offset: far from 0, from ±0.5, ±1 and from each other when the offsets differ. */
export const grid =
  (offset: number): Draw =>
  (random) =>
    (random.integer(6) - 3) / 2 + offset;
/** Distinct numbers (of up to 29), so that the largest is one. */
export const distinct: Draw = (_, i) => ((i * 12) % 29) / 10 - 1;

export function operand(shape: Shape, seed: number, draw: Draw = real): Operand {
  const random = Random.seeded(seed, shape.join());
  return { shape, values: Float32Array.from({ length: sizeOf(shape) }, (_, i) => draw(random, i)) };
}

export function unary(apply: (x: Value) => Value, draw: Draw = real): fc.Arbitrary<RuleCase> {
  return fc
    .tuple(shape, seed)
    .map(([shape, seed]) => ({ operands: [operand(shape, seed, draw)], build: (_, [x]) => apply(x!) }));
}

/** A shape, and one that broadcasts with it: some axes 1, leading axes left out. */
export const broadcasting = fc
  .tuple(shape, fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), fc.nat(2), fc.boolean())
  .map(([whole, ones, dropped, swap]): [Shape, Shape] => {
    const part = whole.map((size, axis) => (ones[axis] ? 1 : size)).slice(Math.min(dropped, whole.length));
    return swap ? [part, whole] : [whole, part];
  });

export function binary(
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
export function alongAxis(
  apply: (x: Value, axis: number) => Value,
  draw: Draw = real,
): fc.Arbitrary<RuleCase> {
  return fc.tuple(shape, fc.nat(2), seed).map(([shape, axis, seed]) => ({
    operands: [operand(shape, seed, draw)],
    build: (_, [x]) => apply(x!, axis % shape.length),
  }));
}

/** Positions below `limit`, drawn with repetition, as a constant. */
export function positions(graph: Graph, shape: Shape, limit: number, seed: number): Value {
  const random = Random.seeded(seed, 'positions');
  return graph.tensor(
    'int64',
    shape,
    Array.from({ length: sizeOf(shape) }, () => random.integer(limit)),
  );
}
