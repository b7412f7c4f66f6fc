/** Dropout masks: of the wanted rate, the same for the same seed, different between seeds and sites, and scaled. */
import { expect, it } from 'vitest';
import { Dropout } from '#main/ml/nn/dropout.ts';
import { Graph } from '#main/ml/onnx/graph.ts';
import { runGraph } from './run-graph.ts';

const [rows, columns, rate] = [200, 50, 0.3];

async function masks(seed: number): Promise<[Float32Array, Float32Array]> {
  const graph = new Graph();
  const dropout = new Dropout(rate, graph.input('seed', 'int32', []));
  const ones = graph.constant('float32', [rows, columns], new Float32Array(rows * columns).fill(1));
  graph.output('first', dropout.apply(ones));
  graph.output('second', dropout.apply(ones));
  const { first, second } = await runGraph(graph, { seed: Int32Array.of(seed) });
  return [first as Float32Array, second as Float32Array];
}

const dropped = (mask: Float32Array) => mask.filter((value) => value === 0).length / mask.length;

it('drops the wanted share and keeps the mean', async () => {
  for (const seed of [0, 1, 2 ** 31 - 1, -5]) {
    const [mask] = await masks(seed);
    expect(Math.abs(dropped(mask) - rate)).toBeLessThan(0.03);
    expect(Math.max(...mask)).toBeCloseTo(1 / (1 - rate), 5);
  }
});

it('drops independently along rows, along columns, between sites and between seeds', async () => {
  const [mask, otherSite] = await masks(7);
  const [otherSeed] = await masks(8);
  const both = (a: (i: number) => number, b: (i: number) => number) => {
    let count = 0;
    const total = (rows - 1) * (columns - 1);
    for (let row = 0; row < rows - 1; row++)
      for (let column = 0; column < columns - 1; column++) {
        const i = row * columns + column;
        if (a(i) === 0 && b(i) === 0) count++;
      }
    return count / total;
  };
  const at =
    (values: Float32Array, shift = 0) =>
    (i: number) =>
      values[i + shift]!;
  for (const other of [at(mask, 1), at(mask, columns), at(mask, columns + 1), at(otherSite), at(otherSeed)])
    expect(Math.abs(both(at(mask), other) - rate ** 2)).toBeLessThan(0.02);
});

it('gives the same mask for the same seed', async () => {
  expect(await masks(9)).toEqual(await masks(9));
});
