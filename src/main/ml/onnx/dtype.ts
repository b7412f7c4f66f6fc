/** Element types of tensors, with the typed array and the ONNX code that stand for each. */

export type DType = 'float32' | 'float16' | 'int64' | 'int32' | 'uint32' | 'uint8' | 'bool';

/** Sizes along each axis; always known when a graph is built. */
export type Shape = readonly number[];

/** What a tensor is, without its values. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** An axis of an input along which less may be fed than its size, the same in all inputs of that axis' name. */
export interface OpenAxis {
  readonly axis: number;
  readonly name: string;
}

/** What is fed to a model. */
export interface InputType extends TensorType {
  readonly open?: OpenAxis | undefined;
}

export interface TypedArrays {
  float32: Float32Array;
  float16: Float16Array;
  int64: BigInt64Array;
  int32: Int32Array;
  uint32: Uint32Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}
export type TensorData = TypedArrays[DType];

/** `TensorProto.DataType` of the ONNX standard. */
export const onnxCode: Record<DType, number> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  uint32: 12,
};

const constructors = {
  float32: Float32Array,
  float16: Float16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** Numbers as the typed array of `dtype`; integers wrap as typed arrays do. */
export function typedArray<D extends DType>(dtype: D, values: ArrayLike<number>): TypedArrays[D] {
  const data: TensorData = zeros(dtype, values.length);
  if (data instanceof BigInt64Array) data.set(Array.from(values, BigInt));
  else data.set(values);
  return data as TypedArrays[D];
}

/** A typed array of `length` zeros. */
export function zeros<D extends DType>(dtype: D, length: number): TypedArrays[D] {
  return new constructors[dtype](length) as TypedArrays[D];
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}
