/** Matrices as bytes: how far off they may be, and what is refused. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dequantize, quantize } from '#main/ml/format/int8.ts';
import type { SafeTensor } from '#main/ml/format/safetensors.ts';

test.each(['row', 'column'] as const)(
  'a %s shares a scale: what is largest is kept, the rest is off by half a step at most',
  (axis) => {
    // Scales of numbers that are all but zero have no digits left.
    const value = fc.float({ min: -100, max: 100, noNaN: true }).map((x) => (Math.abs(x) < 1e-30 ? 0 : x));
    const matrix = fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
      .chain(([rows, columns]) =>
        fc.record({
          shape: fc.constant([rows, columns] as const),
          values: fc.array(value, { minLength: rows * columns, maxLength: rows * columns }),
        }),
      );
    fc.assert(
      fc.property(matrix, ({ shape, values }) => {
        const { bytes, scales } = quantize(shape, Float32Array.from(values), axis);
        const back = dequantize(bytes, scales)!;
        values.forEach((exact, i) => {
          const group = axis === 'row' ? Math.floor(i / shape[1]) : i % shape[1];
          const scale = (scales.data as Float32Array)[group]!;
          expect(Math.abs(back[i]! - exact)).toBeLessThanOrEqual(scale * 0.5001);
          expect(Math.abs(exact)).toBeLessThanOrEqual(scale * 127.001);
        });
      }),
    );
  },
);

test('bytes and scales of a known matrix', () => {
  const values = Float32Array.of(127, -254, 0, 63.5, 127, 0);
  const { bytes, scales } = quantize([2, 3], values, 'column');
  expect(bytes).toEqual({ dtype: 'I8', shape: [2, 3], data: Int8Array.of(127, -127, 0, 64, 64, 0) });
  expect(scales).toEqual({ dtype: 'F32', shape: [1, 3], data: Float32Array.of(1, 2, 0) });
  expect([...dequantize(bytes, scales)!]).toEqual([127, -254, 0, 64, 128, 0]);
});

test('scales that belong to other rows and columns, or are no real numbers, are refused', () => {
  const bytes: SafeTensor = { dtype: 'I8', shape: [2, 3], data: new Int8Array(6) };
  const scales = (shape: number[]): SafeTensor => ({
    dtype: 'F32',
    shape,
    data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
  });
  expect(dequantize(bytes, scales([2, 1]))).toHaveLength(6);
  for (const shape of [[3, 1], [1, 2], [2], [1, 1, 3], []])
    expect(dequantize(bytes, scales(shape))).toBeUndefined();
  expect(dequantize(bytes, { dtype: 'F16', shape: [2, 1], data: new Uint16Array(2) })).toBeUndefined();
  expect(dequantize({ ...bytes, shape: [6] }, scales([6, 1]))).toBeUndefined();
});
