/**
 * Turns an element program into one WebAssembly loop, which reads every tensor once and writes the changed ones in place.
 * All operations are those of IEEE 754, so results are the same bits on every machine.
 */
import type { Arithmetic, ElementProgram } from '../optim/element-program.ts';
import * as code from './instructions.ts';
import { moduleBytes } from './module.ts';

/** Elements are worked on in blocks of this many; tensors are padded to it. */
export const BLOCK = 8;
const LANES = 4;

interface Expression {
  /** What it consists of; empty for constants, scalars and tensors. */
  readonly operands: readonly Expression[];
  /** Instructions that make the value from its operands on the stack; none for what is read from a local. */
  readonly instructions: readonly number[];
}

/**
 * The module's function takes an address (in bytes) for each tensor, the number of elements (a multiple of `BLOCK`, at least one
 * block), and a float32 for each scalar, all in the program's order.
 */
export function elementKernel(program: ElementProgram): Uint8Array<ArrayBuffer> {
  const { tensors, scalars } = program;
  const count = tensors.length;
  const locals = new Locals(tensors.length + 1 + scalars.length);
  const prologue: number[] = [];
  const hoisted = (scalar: readonly number[]): Expression => {
    const expression = { operands: [], instructions: [] };
    prologue.push(...scalar, ...code.splat, ...code.set(locals.of(expression)));
    return expression;
  };
  const one = hoisted(code.float32(1));
  const zero = hoisted(code.float32(0));
  const named = new Map<string, Expression>();
  scalars.forEach((name, i) => named.set(name, hoisted(code.get(count + 1 + i))));
  tensors.forEach((name, i) =>
    named.set(name, { operands: [], instructions: [...code.get(i), ...code.load] }),
  );
  const results = program.body(arithmetic(hoisted, one, zero), Object.fromEntries(named));

  // All results before the first store: what is stored may be what another result still reads.
  const order = evaluationOrder(Object.values(results).filter((result) => result !== undefined));
  const body = order.flatMap((expression) =>
    expression.instructions.length === 0
      ? []
      : [
          ...expression.operands.flatMap((operand) => code.get(locals.of(operand))),
          ...expression.instructions,
          ...code.set(locals.of(expression)),
        ],
  );
  const stores = tensors.flatMap((name, i) => {
    const result = results[name];
    return result === undefined ? [] : [...code.get(i), ...code.get(locals.of(result)), ...code.store];
  });
  const steps = tensors.flatMap((_, i) => code.advance(i, 4 * LANES));
  return moduleBytes({
    parameters: [...tensors.map(() => 'i32' as const), 'i32', ...scalars.map(() => 'f32' as const)],
    results: [],
    locals: locals.types,
    code: [...prologue, ...code.countDown(count, LANES, [...body, ...stores, ...steps])],
  });
}

function arithmetic(
  hoisted: (scalar: readonly number[]) => Expression,
  one: Expression,
  zero: Expression,
): Arithmetic<Expression> {
  const node =
    (instructions: readonly number[]) =>
    (...operands: Expression[]): Expression => ({ operands, instructions });
  const ones = (comparison: readonly number[]) => (x: Expression) =>
    node(code.and)(node(comparison)(x, zero), one);
  return {
    constant: (value) => hoisted(code.float32(value)),
    add: node(code.f32x4.add),
    sub: node(code.f32x4.sub),
    mul: node(code.f32x4.mul),
    div: node(code.f32x4.div),
    sqrt: node(code.f32x4.sqrt),
    sign: (x) => node(code.f32x4.sub)(ones(code.f32x4.gt)(x), ones(code.f32x4.lt)(x)),
  };
}

/** One v128 local for each value; the compiler of the engine finds the registers. */
class Locals {
  readonly #first: number;
  readonly #indices = new Map<Expression, number>();

  constructor(first: number) {
    this.#first = first;
  }

  of(expression: Expression): number {
    const known = this.#indices.get(expression) ?? this.#first + this.#indices.size;
    this.#indices.set(expression, known);
    return known;
  }

  get types(): 'v128'[] {
    return [...this.#indices].map(() => 'v128');
  }
}

/** Every expression once, after its operands. */
function evaluationOrder(results: readonly Expression[]): Expression[] {
  const seen = new Set<Expression>();
  const visit = (expression: Expression): void => {
    if (seen.has(expression)) return;
    expression.operands.forEach(visit);
    seen.add(expression);
  };
  results.forEach(visit);
  return [...seen];
}
