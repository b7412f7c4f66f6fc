/** Every rule of the table, and the layers made of them, against finite differences in both lowerings. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rules } from '#main/ml/autodiff/rules.ts';
import { attend, joinHeads, splitHeads } from '#main/ml/nn/attention.ts';
import { crossEntropy } from '#main/ml/nn/losses.ts';
import { layerNorm, rmsNorm, swiglu } from '#main/ml/nn/layers.ts';
import { causalConv, groupNorm } from '#main/ml/nn/convolution.ts';
import { rotate, rotaryTables } from '#main/ml/nn/rotary.ts';
import type { Graph, Value } from '#main/ml/onnx/graph.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { operand, ruleCases, stopCases } from './rule-cases.ts';
import { expectGradients, lossGraph, runGraph } from './run-graph.ts';

const property = { numRuns: 6, seed: 1 };

describe.each(['cpu', 'webgpu'] as const)('gradient rules, lowered for %s', (lowering) => {
  it.each(Object.keys(rules))('%s', async (operator) => {
    const stop = stopCases[operator];
    if (stop !== undefined) {
      const x = operand([3, 4], 1, stop.draw);
      const { graph, factors } = lossGraph(lowering, [x.shape], (_, [v]) => op.add(v!, stop.apply(v!)));
      const { d0 } = await runGraph(graph, { x0: x.values });
      expect(d0).toEqual(factors);
      return;
    }
    const cases = ruleCases[operator];
    expect(cases, `${operator} has a rule but no case`).toBeDefined();
    await fc.assert(
      fc.asyncProperty(cases!, ({ operands, build }) => expectGradients(lowering, operands, build)),
      property,
    );
  });

  const layers: Record<string, { shapes: number[][]; build: (graph: Graph, xs: Value[]) => Value }> = {
    attention: {
      shapes: [
        [2, 3, 4],
        [2, 3, 4],
        [2, 3, 4],
      ],
      build: (graph, xs) => {
        const [q, k, v] = xs.map((x) => splitHeads(x, 2)) as [Value, Value, Value];
        const mask = graph.tensor('float32', [3, 3], [0, -1e9, -1e9, 0, 0, -1e9, 0, 0, 0]);
        return joinHeads(attend(q, k, v, { mask }));
      },
    },
    'rms norm': { shapes: [[3, 4], [4]], build: (_, [x, gain]) => rmsNorm(x!, gain) },
    'layer norm': { shapes: [[3, 4], [4], [4]], build: (_, [x, gain, bias]) => layerNorm(x!, gain!, bias!) },
    swiglu: {
      shapes: [
        [2, 3],
        [3, 4],
        [2, 3],
      ],
      build: (_, [x, up, down]) => swiglu(x!, up!, down!),
    },
    rotary: {
      shapes: [[1, 2, 3, 4]],
      build: (graph, [x]) => {
        const { cos, sin } = rotaryTables(
          [
            [0, 0],
            [0, 1],
            [1, 0],
          ],
          [1, 1],
        );
        return rotate(x!, graph.constant('float32', [3, 2], cos), graph.constant('float32', [3, 2], sin));
      },
    },
    'group norm': {
      shapes: [[2, 4, 2, 3], [4], [4]],
      build: (_, [x, gain, bias]) => groupNorm(x!, 2, gain!, bias!),
    },
    'causal convolution': {
      shapes: [[1, 2, 3, 3, 3], [2, 2, 2, 3, 3], [2]],
      build: (_, [x, weight, bias]) => causalConv(x!, weight!, bias, { strides: [2, 1, 1] }),
    },
    'causal convolution, first frame repeated': {
      shapes: [
        [1, 2, 3, 3, 3],
        [2, 2, 2, 3, 3],
      ],
      build: (_, [x, weight]) => causalConv(x!, weight!, undefined, { past: 'repeat' }),
    },
    'cross-entropy': {
      shapes: [[3, 4]],
      build: (graph, [logits]) =>
        crossEntropy(logits!, graph.tensor('int64', [3], [1, 0, 3]), graph.tensor('float32', [3], [1, 0, 2])),
    },
  };
  it.each(Object.keys(layers))('layer: %s', async (name) => {
    const { shapes, build } = layers[name]!;
    await expectGradients(
      lowering,
      shapes.map((shape, i) => operand(shape, i + 1)),
      build,
    );
  });
});
