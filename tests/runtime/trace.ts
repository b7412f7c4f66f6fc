/** What the scripts of training traces in tests/golden and their tests agree on: start values, tolerance, checksums. */
import { expect } from 'vitest';
import type { ParameterSet, Weights } from '#main/ml/nn/parameters.ts';

const TOLERANCE = 1e-4;

/** By parameter: its norm, and its product with a pattern. */
export type Checksums = Record<string, [number, number]>;

/** From the generator of Lehmer; gains lie around 1, everything else around 0. */
export function startValues(parameters: ParameterSet): Map<string, Float32Array> {
  let state = 42;
  return new Map(
    parameters.specs.map(({ name, shape }) => {
      const centre = shape.length === 1 && !name.endsWith('bias') ? 1 : 0;
      const values = Float32Array.from({ length: shape.reduce((size, axis) => size * axis, 1) }, () => {
        state = (state * 16807) % 2147483647;
        return 0.4 * ((2 * state) / 2147483647 - 1) + centre;
      });
      return [name, values];
    }),
  );
}

export function expectClose(found: number, expected: number, what: string, scale = Math.abs(expected)): void {
  const error = Math.abs(found - expected) / scale;
  expect(error, `${what}: ${found} instead of ${expected}`).toBeLessThan(TOLERANCE);
}

export function expectChecksums(trained: Weights, checksums: Checksums): void {
  expect([...trained.keys()]).toEqual(Object.keys(checksums));
  for (const [name, [norm, product]] of Object.entries(checksums)) {
    const values = trained.get(name)!;
    expectClose(Math.hypot(...values), norm, `norm of ${name}`);
    const found = values.reduce((sum, value, i) => sum + value * ((i % 7) - 3), 0);
    expectClose(found, product, `checksum of ${name}`, norm * Math.sqrt(values.length));
  }
}
