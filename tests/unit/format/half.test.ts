/** Half precision in files: rounding as the standard has it, nothing lost on the way back. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { narrow, widen } from '#main/ml/format/half.ts';
import { readSafetensors, writeSafetensors } from '#main/ml/format/safetensors.ts';

/** Bits of known values, from the tables of IEEE 754: https://en.wikipedia.org/wiki/Half-precision_floating-point_format#Half_precision_examples */
const known: [value: number, bits: number][] = [
  [0, 0x0000],
  [1, 0x3c00],
  [-2, 0xc000],
  [1 / 3, 0x3555],
  [65504, 0x7bff],
  [2 ** -24, 0x0001],
  [2 ** -14, 0x0400],
  // Halfway between 1 and the next number, and between that and the one after: both go to the even one.
  [1 + 2 ** -11, 0x3c00],
  [1 + 3 * 2 ** -11, 0x3c02],
];

test('values have the bits of the standard', () => {
  const { data } = narrow(
    [known.length],
    Float32Array.from(known, ([value]) => value),
  );
  expect([...data]).toEqual(known.map(([, bits]) => bits));
});

test('what does not fit is refused', () => {
  expect(() => narrow([1], Float32Array.of(65520))).toThrow('65520');
});

test('through a file and back: within half a unit in the last place, and exact the second time', () => {
  const value = fc.float({ min: -60000, max: 60000, noNaN: true });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1 }), (list) => {
      const values = Float32Array.from(list);
      const file = writeSafetensors(new Map([['w', narrow([values.length], values)]]));
      expect(file.length).toBeLessThan(100 + 2 * values.length);
      const once = widen(readSafetensors(file).tensors.get('w')!)!;
      once.forEach((back, i) => {
        expect(Math.abs(back - values[i]!)).toBeLessThanOrEqual(
          Math.max(2 ** -25, Math.abs(values[i]!) * 2 ** -11),
        );
      });
      expect(widen(narrow([once.length], once))).toEqual(once);
    }),
  );
});

test('bfloat16 is read, other types are no real numbers', () => {
  const data = Uint16Array.of(0x3f80, 0xc000, 0x3eab);
  expect([...widen({ dtype: 'BF16', shape: [3], data })!]).toEqual([1, -2, 0.333984375]);
  expect(widen({ dtype: 'U8', shape: [1], data: Uint8Array.of(1) })).toBeUndefined();
});
