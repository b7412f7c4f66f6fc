/** Kernels on tensors in WebAssembly memory: the arithmetic of float32 to the bit, in place, wherever a tensor lies. */
import { describe, expect, it } from 'vitest';
import { elementProgram } from '#main/ml/optim/element-program.ts';
import { elementKernel } from '#main/ml/wasm/element-kernel.ts';
import { sumSquaresKernel } from '#main/ml/wasm/sum-squares.ts';
import { allocateRows, HostKernel } from '#main/workers/runtime/host-memory.ts';
import { Random } from '#shared/domain/random.ts';

const random = Random.seeded(1);
const f = Math.fround;

const everything = new HostKernel(
  elementKernel(
    elementProgram({
      tensors: ['a', 'b', 'c'],
      scalars: ['s', 't'],
      body: (math, { a, b, c, s, t }) => {
        const product = math.mul(a, s);
        return {
          // Each reads what the other replaces.
          a: math.add(product, math.div(b, math.sqrt(math.mul(t, math.constant(3))))),
          b: math.mul(math.sign(math.sub(a, b)), math.sub(product, c)),
        };
      },
    }),
  ),
);

describe('kernels', () => {
  it.each([1, 3, 8, 13, 1000])('give the float32 results of each operation for %i elements', (length) => {
    const [[a, b, c]] = allocateRows([{ length, count: 3 }]) as [[...ReturnType<typeof allocateRows>[0]]];
    for (const { data } of [a!, b!, c!]) data.set(Float32Array.from(data, () => random.normal()));
    b!.data[0] = a!.data[0]!;
    const [s, t] = [f(0.1), f(0.7)];
    const before = [a!, b!, c!].map(({ data }) => data.slice());
    everything.run([a!, b!, c!], [0.1, 0.7]);
    const root = f(Math.sqrt(f(t * 3)));
    for (let i = 0; i < length; i++) {
      const [x, y, z] = before.map((values) => values[i]!) as [number, number, number];
      const product = f(x * s);
      expect(a!.data[i]).toBe(f(product + f(y / root)));
      expect(b!.data[i]! + 0).toBe(f(Math.sign(f(x - y)) * f(product - z)) + 0);
    }
    expect(c!.data).toEqual(before[2]);
  });

  it('add squares in double precision', () => {
    const kernel = new HostKernel(sumSquaresKernel());
    const [[x]] = allocateRows([{ length: 10_003, count: 1 }]) as [[ReturnType<typeof allocateRows>[0][0]]];
    x.data.set(Float32Array.from(x.data, () => random.normal()));
    const exact = x.data.reduce((sum, value) => sum + value * value, 0);
    expect(kernel.run([x])! / exact).toBeCloseTo(1, 12);
  });

  it('reach beyond two gigabytes and into a second memory, and refuse tensors that do not belong together', () => {
    // Pages that nobody writes take no space.
    const rows = allocateRows([
      { length: 600_000_000, count: 1 },
      { length: 16, count: 3 },
      { length: 600_000_000, count: 1 },
      { length: 16, count: 3 },
    ]);
    const [, near, , far] = rows as [unknown, ...typeof rows];
    expect(near![0]!.address).toBeGreaterThan(2 ** 31);
    expect(far![0]!.memory).not.toBe(near![0]!.memory);
    for (const row of [near!, far!]) {
      row[1]!.data.fill(6);
      everything.run(row, [0, 4 / 3]);
      expect([...row[0]!.data]).toEqual(new Array(16).fill(3));
    }
    expect(() => everything.run([near![0]!, near![1]!, far![0]!], [0, 1])).toThrow('one row');
  });
});
