/** Tensors of half precision in files: weights that only serve to generate lose nothing that shows, and take half the space. */
import type { SafeTensor } from './safetensors.ts';

/**
 * The tensor in half precision (IEEE 754 binary16), each value rounded to the nearest, ties to even: 11 bits of precision,
 * magnitudes from 6e-8 to 65504. Throws RangeError for a value beyond.
 */
export function narrow(shape: readonly number[], values: Float32Array): SafeTensor {
  const half = new Float16Array(values);
  const lost = half.findIndex((value, i) => !Number.isFinite(value) && Number.isFinite(values[i]));
  if (lost !== -1) throw new RangeError(`${values[lost]} does not fit into half precision`);
  return { dtype: 'F16', shape, data: new Uint16Array(half.buffer) };
}

/** Real values of a tensor in single precision, exactly: F32 as it is, F16 and BF16 widened; undefined for other types. */
export function widen({ dtype, data }: SafeTensor): Float32Array | undefined {
  if (dtype === 'F32') return data;
  if (dtype === 'F16') return new Float32Array(new Float16Array(data.buffer, data.byteOffset, data.length));
  // A bfloat16 is the upper half of a single.
  if (dtype === 'BF16') return new Float32Array(Uint32Array.from(data, (bits) => bits << 16).buffer);
  return undefined;
}
