/** Gradients of slices that overlap, touch or leave gaps add up to what padding each to full size would give. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { joinPieces, type Piece } from '#main/ml/autodiff/pieces.ts';
import { Graph } from '#main/ml/onnx/graph.ts';
import { runGraph } from './run-graph.ts';

const WIDTH = 3;
const stretches = fc.integer({ min: 1, max: 12 }).chain((length) =>
  fc.record({
    length: fc.constant(length),
    stretches: fc.array(
      fc
        .tuple(fc.nat(length), fc.nat(length))
        .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
        .filter(([from, to]) => to > from),
      { minLength: 1, maxLength: 8 },
    ),
  }),
);

it('joins any pieces to their sum', async () => {
  await fc.assert(
    fc.asyncProperty(stretches, async ({ length, stretches }) => {
      const graph = new Graph();
      const expected = new Float32Array(2 * length * WIDTH);
      const pieces = stretches.map(([start, end], i): Piece => {
        const shape = [2, end - start, WIDTH];
        const values = Float32Array.from(
          { length: 2 * (end - start) * WIDTH },
          (_, at) => at + 100 * (i + 1),
        );
        for (const [at, value] of values.entries()) {
          const [row, rest] = [Math.floor(at / ((end - start) * WIDTH)), at % ((end - start) * WIDTH)];
          expected[row * length * WIDTH + start * WIDTH + rest]! += value;
        }
        return { axis: 1, start, value: graph.constant('float32', shape, values) };
      });
      graph.output('sum', joinPieces(pieces, [2, length, WIDTH]));
      const { sum } = await runGraph(graph);
      expect([...(sum as Float32Array)]).toEqual([...expected]);
    }),
    { numRuns: 60, seed: 11 },
  );
});
