/** The sum of the squares of a tensor as a WebAssembly loop: added in double precision, in a fixed order. */
import { BLOCK } from './element-kernel.ts';
import * as code from './instructions.ts';
import { moduleBytes } from './module.ts';

/** The module's function takes an address and a number of elements, a multiple of `BLOCK`; it returns a float64. */
export function sumSquaresKernel(): Uint8Array<ArrayBuffer> {
  const [address, count, value] = [0, 1, 2];
  // Several sums at once, for an addition takes longer than it takes to begin the next.
  const sums = Array.from({ length: BLOCK / 2 }, (_, i) => 3 + i);
  const addSquares = sums.flatMap((sum, i) => [
    ...code.get(address),
    ...code.loadTwo(8 * i),
    ...code.set(value),
    ...code.get(sum),
    ...[...code.get(value), ...code.get(value), ...code.f64x2.mul],
    ...code.f64x2.add,
    ...code.set(sum),
  ]);
  const lanes = sums.flatMap((sum) => [0, 1].map((lane) => [...code.get(sum), ...code.laneOfFloat64(lane)]));
  const total = lanes.flatMap((lane, i) => (i === 0 ? lane : [...lane, ...code.addFloat64]));
  return moduleBytes({
    parameters: ['i32', 'i32'],
    results: ['f64'],
    locals: ['v128', ...sums.map(() => 'v128' as const)],
    code: [...code.countDown(count, BLOCK, [...addSquares, ...code.advance(address, 4 * BLOCK)]), ...total],
  });
}
