/**
 * Matrices as bytes: each value is a whole number from -127 to 127 times the scale of its row or column, which is chosen so that
 * the largest magnitude becomes 127 (symmetric quantization, Jacob et al. 2018). Rounding is off by at most half a scale.
 */
import type { SafeTensor } from './safetensors.ts';

/** What shares a scale. */
export type ScaleAxis = 'row' | 'column';

const MOST = 127;

/** values [rows, columns] → bytes of the same shape, and their scales [rows, 1] or [1, columns]. */
export function quantize(
  [rows, columns]: readonly [number, number],
  values: Float32Array,
  axis: ScaleAxis,
): { bytes: SafeTensor; scales: SafeTensor } {
  const scaleOf = (i: number) => (axis === 'row' ? Math.floor(i / columns) : i % columns);
  const scales = new Float32Array(axis === 'row' ? rows : columns);
  values.forEach((value, i) => {
    const at = scaleOf(i);
    scales[at] = Math.max(scales[at]!, Math.abs(value) / MOST);
  });
  // A row of zeros has no scale, and needs none.
  const bytes = Int8Array.from(values, (value, i) => Math.round(value / (scales[scaleOf(i)]! || 1)));
  return {
    bytes: { dtype: 'I8', shape: [rows, columns], data: bytes },
    scales: { dtype: 'F32', shape: axis === 'row' ? [rows, 1] : [1, columns], data: scales },
  };
}

/** The values that bytes [rows, columns] stand for; undefined unless the scales belong to their rows or columns. */
export function dequantize(bytes: SafeTensor, scales: SafeTensor): Float32Array | undefined {
  const [rows, columns] = bytes.shape;
  if (bytes.dtype !== 'I8' || scales.dtype !== 'F32' || bytes.shape.length !== 2) return undefined;
  const perRow = scales.shape[0] === rows && scales.shape[1] === 1;
  const perColumn = scales.shape[0] === 1 && scales.shape[1] === columns;
  if (scales.shape.length !== 2 || !(perRow || perColumn)) return undefined;
  const width = columns!;
  return Float32Array.from(
    bytes.data,
    (byte, i) => byte * scales.data[perRow ? Math.floor(i / width) : i % width]!,
  );
}
