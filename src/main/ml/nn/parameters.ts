/** The weights of a model: declared once with shape and start values, then bound to any number of graphs. */
import type { Shape } from '../onnx/dtype.ts';
import { formatShape, sizeOf } from '../onnx/dtype.ts';
import type { Graph, Value } from '../onnx/graph.ts';
import type { LinearWeight } from './linear-weight.ts';
import { Random } from '#shared/domain/random.ts';

export type Initializer = { kind: 'zeros' } | { kind: 'ones' } | { kind: 'normal'; std: number };

export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly init: Initializer;
  readonly role: Role;
  /** Fixed parameters are read, but get neither gradient nor update. */
  readonly trainable: boolean;
  /** How many matrices of the same size stand side by side in it, multiplied at once; 1 when left out. */
  readonly sideBySide?: number;
}

/**
 * What a parameter does: maps a space to a space, is looked up row by row, maps to one score a word, or is a gain or bias.
 * Optimizers tell them apart: weight decay is for matrices and heads only, Muon for matrices only.
 */
export type Role = 'matrix' | 'embedding' | 'head' | 'vector';

export const decays = ({ role }: ParameterSpec): boolean => role === 'matrix' || role === 'head';

/** Values of parameters by name. */
export type Weights = ReadonlyMap<string, Float32Array>;

export class ParameterSet {
  readonly #specs = new Map<string, ParameterSpec>();

  declare(
    name: string,
    shape: Shape,
    init: Initializer,
    role: Role = shape.length > 1 ? 'matrix' : 'vector',
  ): void {
    this.add({ name, shape, init, role, trainable: true });
  }

  add(spec: ParameterSpec): void {
    if (this.#specs.has(spec.name)) throw new Error(`the parameter “${spec.name}” is declared twice`);
    this.#specs.set(spec.name, spec);
  }

  /** `sideBySide`: how many matrices of the same size its columns belong to. */
  matrix(name: string, shape: Shape, std: number, sideBySide = 1): void {
    this.add({ name, shape, init: { kind: 'normal', std }, role: 'matrix', trainable: true, sideBySide });
  }

  embedding(name: string, shape: Shape, std: number): void {
    this.declare(name, shape, { kind: 'normal', std }, 'embedding');
  }

  head(name: string, shape: Shape, std: number): void {
    this.declare(name, shape, { kind: 'normal', std }, 'head');
  }

  ones(name: string, shape: Shape): void {
    this.declare(name, shape, { kind: 'ones' });
  }

  zeros(name: string, shape: Shape): void {
    this.declare(name, shape, { kind: 'zeros' });
  }

  get specs(): ParameterSpec[] {
    return [...this.#specs.values()];
  }

  get trainable(): ParameterSpec[] {
    return this.specs.filter((spec) => spec.trainable);
  }

  spec(name: string): ParameterSpec {
    const spec = this.#specs.get(name);
    if (spec === undefined) throw new Error(`the parameter “${name}” is not declared`);
    return spec;
  }

  /** Number of weights. */
  get size(): number {
    return this.specs.reduce((sum, spec) => sum + sizeOf(spec.shape), 0);
  }

  /** Start values. Each depends on seed and name only, so that adding a parameter does not change the others. */
  initialise(seed: number): Map<string, Float32Array> {
    return new Map(this.specs.map((spec) => [spec.name, initialValues(spec, seed)]));
  }

  /** Throws, naming the parameter, unless `weights` holds every parameter in the declared size. */
  check(weights: Weights): void {
    for (const { name, shape } of this.specs) {
      const found = weights.get(name)?.length;
      if (found !== sizeOf(shape))
        throw new Error(`the parameter “${name}” ${formatShape(shape)} has ${found ?? 'no'} values`);
    }
  }

  /** The parameters as inputs of `graph`, created when first asked for; for training. */
  asInputs(graph: Graph): BoundParameters {
    return new BoundParameters(this, ({ name, shape }) => graph.input(name, 'float32', shape));
  }

  /** The parameters as constants of `graph`, which ONNX Runtime can pack once; for inference. */
  asConstants(graph: Graph, weights: Weights): BoundParameters {
    this.check(weights);
    return new BoundParameters(this, ({ name, shape }) =>
      graph.constant('float32', shape, weights.get(name)!),
    );
  }
}

/** Parameters as values of one graph. */
export class BoundParameters {
  readonly #set: ParameterSet;
  readonly #bind: (spec: ParameterSpec) => Value;
  readonly #weightOf: (spec: ParameterSpec) => LinearWeight;
  readonly #values = new Map<string, Value>();

  /** @param weightOf what `weight` gives where that is not the parameter itself */
  constructor(
    set: ParameterSet,
    bind: (spec: ParameterSpec) => Value,
    weightOf: (spec: ParameterSpec) => LinearWeight = ({ name }) => this.get(name),
  ) {
    this.#set = set;
    this.#bind = bind;
    this.#weightOf = weightOf;
  }

  get(name: string): Value {
    let value = this.#values.get(name);
    if (value === undefined) {
      value = this.#bind(this.#set.spec(name));
      this.#values.set(name, value);
    }
    return value;
  }

  /** A matrix as the weight of a linear map, to be multiplied with only: see `linear-weight.ts`. */
  weight(name: string): LinearWeight {
    return this.#weightOf(this.#set.spec(name));
  }

  /** Those asked for so far, in the order of declaration. */
  get used(): { spec: ParameterSpec; value: Value }[] {
    return this.#set.specs.flatMap((spec) => {
      const value = this.#values.get(spec.name);
      return value === undefined ? [] : [{ spec, value }];
    });
  }
}

function initialValues({ name, shape, init }: ParameterSpec, seed: number): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  if (init.kind === 'ones') values.fill(1);
  if (init.kind === 'normal') {
    const random = Random.seeded(seed, name);
    for (let i = 0; i < values.length; i++) values[i] = init.std * random.normal();
  }
  return values;
}
