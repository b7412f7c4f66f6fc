/**
 * The graph builder: nodes with scoped names over values of known type and shape. Operators (see `ops/`) infer shapes as
 * they build, so that a mistake is reported where it is made, with operator, scope and shapes.
 */
import type { DType, OpenAxis, Shape, TensorData, TensorType } from './dtype.ts';
import { formatShape, sizeOf, typedArray } from './dtype.ts';

/** Devices whose kernels differ: WebGPU lacks FusedMatMul and LogSoftmax, which would fall back to the CPU. */
export type Lowering = 'cpu' | 'webgpu';

/** A tensor in a graph. Values are compared by identity. */
export interface Value extends TensorType {
  readonly graph: Graph;
  readonly name: string;
  /** The node that computes it; undefined for inputs and constants. */
  readonly producer: GraphNode | undefined;
}

export type Attribute =
  { int: number } | { float: number } | { string: string } | { ints: readonly number[] };

export interface GraphNode {
  readonly name: string;
  readonly scope: string;
  /** The segment that it belongs to, see `Graph.segment`. */
  readonly segment: string | undefined;
  readonly operator: string;
  /** Operator set: '' is the ONNX standard. */
  readonly domain: '' | 'com.microsoft';
  /** `null` marks an optional input that is left out. */
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

interface NodeOptions {
  attributes?: Record<string, Attribute>;
  domain?: GraphNode['domain'];
}

/** A mistake in building a graph: our bug, not the user's, so no catalogue error. */
export class GraphError extends Error {
  constructor(
    operator: string,
    scope: string,
    problem: string,
    operands: readonly (TensorType | null)[] = [],
  ) {
    const shapes = operands.map((operand) =>
      operand === null ? '-' : `${operand.dtype}${formatShape(operand.shape)}`,
    );
    const where = `${operator} in ${scope === '' ? 'the top scope' : scope}`;
    super(`${where}: ${problem}${shapes.length > 0 ? ` (${shapes.join(', ')})` : ''}`);
    this.name = 'GraphError';
  }
}

export class Graph {
  readonly lowering: Lowering;
  readonly nodes: GraphNode[] = [];
  readonly inputs: Value[] = [];
  readonly outputs = new Map<string, Value>();
  readonly #constants = new Map<Value, TensorData>();
  readonly #openAxes = new Map<Value, OpenAxis>();
  readonly #constantsByKey = new Map<string, Value[]>();
  readonly #names = new Map<string, number>();
  #scope: string[] = [];
  #segment: string | undefined;

  constructor(lowering: Lowering = 'cpu') {
    this.lowering = lowering;
  }

  /** Names built inside `build` start with the scope's name: `scope('block.0', () => …)`. */
  scope<T>(name: string, build: () => T): T {
    this.#scope.push(name);
    try {
      return build();
    } finally {
      this.#scope.pop();
    }
  }

  /**
   * A scope whose inner values can be computed anew in the backward pass instead of being kept (see `gradients`): a block
   * with few inputs and many values inside.
   */
  segment<T>(name: string, build: () => T): T {
    return this.scope(name, () => {
      const outer = this.#segment;
      this.#segment = this.scopeName;
      try {
        return build();
      } finally {
        this.#segment = outer;
      }
    });
  }

  get scopeName(): string {
    return this.#scope.join('/');
  }

  /** Runs `build` in exactly the scope `path`, in no segment: the backward pass of a node belongs where the node is. */
  inScope<T>(path: string, build: () => T): T {
    const outer = [this.#scope, this.#segment] as const;
    [this.#scope, this.#segment] = [path === '' ? [] : [path], undefined];
    try {
      return build();
    } finally {
      [this.#scope, this.#segment] = outer;
    }
  }

  /**
   * A tensor fed at every run. Its name is taken as it is, without the scope. Along an open axis a run may feed less than its
   * size: what is built on it must hold for less too, which products, sums, softmax, concat and slices up to its end do, and
   * splits and reshapes do not.
   */
  input(name: string, dtype: DType, shape: Shape, open?: OpenAxis): Value {
    if (this.#names.has(name)) throw new GraphError('Input', this.scopeName, `the name “${name}” is taken`);
    const value = this.#value(this.#unique(name), dtype, shape, undefined);
    this.inputs.push(value);
    if (open) this.#openAxes.set(value, open);
    return value;
  }

  /** The axis of an input along which less may be fed. */
  openAxis(input: Value): OpenAxis | undefined {
    return this.#openAxes.get(input);
  }

  /** Makes `value` a result of the graph under `name`. */
  output(name: string, value: Value): void {
    if (this.#names.has(name)) throw new GraphError('Output', this.scopeName, `the name “${name}” is taken`);
    this.outputs.set(this.#unique(name), value);
  }

  /** A tensor of fixed values. Equal constants are stored once; the data must not be changed afterwards. */
  constant(dtype: DType, shape: Shape, data: TensorData): Value {
    if (data.length !== sizeOf(shape))
      throw new GraphError(
        'Constant',
        this.scopeName,
        `${data.length} values for shape ${formatShape(shape)}`,
      );
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = `${dtype}${formatShape(shape)}${fingerprint(bytes)}`;
    const candidates = this.#constantsByKey.get(key) ?? [];
    const known = candidates.find((value) => sameBytes(this.#constants.get(value)!, bytes));
    if (known !== undefined) return known;
    const value = this.#value(this.#unique('constant'), dtype, shape, undefined);
    this.#constants.set(value, data);
    this.#constantsByKey.set(key, [...candidates, value]);
    return value;
  }

  /** Numbers as a constant: `graph.tensor('int64', [3], [1, 2, 3])`. */
  tensor(dtype: DType, shape: Shape, values: ArrayLike<number>): Value {
    return this.constant(dtype, shape, typedArray(dtype, values));
  }

  scalar(value: number, dtype: DType = 'float32'): Value {
    return this.tensor(dtype, [], [value]);
  }

  constantData(value: Value): TensorData | undefined {
    return this.#constants.get(value);
  }

  /** Adds a node; operators call this after they have inferred the types of its outputs. */
  node(
    operator: string,
    inputs: readonly (Value | null)[],
    outputTypes: readonly TensorType[],
    { attributes = {}, domain = '' }: NodeOptions = {},
  ): readonly Value[] {
    const stranger = inputs.find((value) => value !== null && value.graph !== this);
    if (stranger) throw this.error(operator, `the value “${stranger.name}” belongs to another graph`, inputs);
    const scope = this.scopeName;
    const name = this.#unique(scope === '' ? operator : `${scope}/${operator}`);
    const outputs: Value[] = [];
    const segment = this.#segment;
    const node: GraphNode = { name, scope, segment, operator, domain, inputs, outputs, attributes };
    outputTypes.forEach((type, i) =>
      outputs.push(this.#value(i === 0 ? `${name}:out` : `${name}:out${i}`, type.dtype, type.shape, node)),
    );
    this.nodes.push(node);
    return outputs;
  }

  error(operator: string, problem: string, operands: readonly (TensorType | null)[] = []): GraphError {
    return new GraphError(operator, this.scopeName, problem, operands);
  }

  #value(name: string, dtype: DType, shape: Shape, producer: GraphNode | undefined): Value {
    if (!shape.every((size) => Number.isInteger(size) && size >= 0))
      throw this.error('Value', `“${name}” has an impossible shape ${formatShape(shape)}`);
    return { graph: this, name, dtype, shape, producer };
  }

  #unique(name: string): string {
    const uses = this.#names.get(name) ?? 0;
    this.#names.set(name, uses + 1);
    return uses === 0 ? name : this.#unique(`${name}_${uses}`);
  }
}

/** The nodes that `targets` need, in the order in which they were built. */
export function nodesFor(graph: Graph, targets: Iterable<Value>): GraphNode[] {
  const needed = new Set<GraphNode>();
  const stack = [...targets];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    const node = value.producer;
    if (node === undefined || needed.has(node)) continue;
    needed.add(node);
    for (const input of node.inputs) if (input !== null) stack.push(input);
  }
  return graph.nodes.filter((node) => needed.has(node));
}

/** Bytes at either end that tell constants apart; weights of megabytes are not read through for it. */
const FINGERPRINT_BYTES = 512;

/** 32-bit FNV-1a of both ends; collisions only cost a comparison. */
function fingerprint(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  const mix = (part: Uint8Array) => {
    for (const byte of part) hash = Math.imul(hash ^ byte, 0x01000193);
  };
  mix(bytes.subarray(0, FINGERPRINT_BYTES));
  mix(bytes.subarray(-FINGERPRINT_BYTES));
  return hash >>> 0;
}

function sameBytes(data: TensorData, bytes: Uint8Array): boolean {
  const other = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.compare(other, bytes) === 0;
}
