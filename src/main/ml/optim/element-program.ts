/**
 * The language that update rules are written in: arithmetic on one element. It is spoken twice, by the nodes of an ONNX graph
 * (`graph-arithmetic.ts`) on a graphics card, and by a single loop of WebAssembly (`ml/wasm/element-kernel.ts`) on the CPU,
 * where a node for each operation would move all weights through memory again and again.
 */

export interface Arithmetic<T> {
  constant(value: number): T;
  add(a: T, b: T): T;
  sub(a: T, b: T): T;
  mul(a: T, b: T): T;
  div(a: T, b: T): T;
  sqrt(a: T): T;
  /** −1, 0 or 1. */
  sign(a: T): T;
}

export interface ElementProgram<Tensor extends string = string, Scalar extends string = string> {
  /** Tensors of one shape, element i of each of which goes into element i of the results. */
  readonly tensors: readonly Tensor[];
  /** Numbers that are the same for all elements and change from update to update. */
  readonly scalars: readonly Scalar[];
  /** The new values of those tensors that change. */
  body<T>(math: Arithmetic<T>, x: Readonly<Record<Tensor | Scalar, T>>): Partial<Record<Tensor, T>>;
}

/** `ElementProgram` with its names inferred, so that a misspelt one does not compile. */
export function elementProgram<Tensor extends string, Scalar extends string>(
  program: ElementProgram<Tensor, Scalar>,
): ElementProgram {
  return program;
}

/** `old` moved towards `target` by `share` of the way: old + share·(target − old). */
export function mix<T>(math: Arithmetic<T>, old: T, target: T, share: T): T {
  return math.add(old, math.mul(share, math.sub(target, old)));
}
