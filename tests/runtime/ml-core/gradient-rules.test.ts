/** Every rule of the table against finite differences, in both lowerings; and that nothing passes where nothing should. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradients } from '#main/ml/autodiff/gradients.ts';
import { rules } from '#main/ml/autodiff/rules.ts';
import { attend, joinHeads, splitHeads } from '#main/ml/nn/attention.ts';
import { crossEntropy } from '#main/ml/nn/losses.ts';
import { layerNorm, rmsNorm, swiglu } from '#main/ml/nn/layers.ts';
import { rotate, rotaryTables } from '#main/ml/nn/rotary.ts';
import { Graph, type Value } from '#main/ml/onnx/graph.ts';
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

describe('gradients', () => {
  it('pass straight through a rounding', async () => {
    const x = operand([5], 1);
    const { graph, factors } = lossGraph('cpu', [x.shape], (_, [v]) => op.straightThrough(op.floor(v!), v!));
    const { d0 } = await runGraph(graph, { x0: x.values });
    expect(d0).toEqual(factors);
  });

  it('name operator, node and scope when a rule is missing', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [4]);
    const best = graph.scope('choice', () => op.topK(x, 2));
    expect(() => gradients(graph, op.reduceSum(best.values), [x])).toThrow(
      'TopK in choice: no gradient rule for node “choice/TopK”',
    );
  });

  it('name a parameter that the loss does not depend on', () => {
    const graph = new Graph();
    const [x, idle] = [graph.input('x', 'float32', [4]), graph.input('idle', 'float32', [4])];
    expect(() => gradients(graph, op.reduceSum(x), [x, idle])).toThrow('does not depend on “idle”');
  });
});
