/** Reverse mode as a whole: values that branch and meet again, paths that end, and what is refused with its name. */
import { describe, expect, it } from 'vitest';
import { gradients } from '#main/ml/autodiff/gradients.ts';
import { attend, maskFrom } from '#main/ml/nn/attention.ts';
import { Graph, type Value } from '#main/ml/onnx/graph.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { operand } from './rule-cases.ts';
import { expectGradients, lossGraph, runGraph } from './run-graph.ts';

type Build = (graph: Graph, xs: Value[]) => Value;

describe.each(['cpu', 'webgpu'] as const)('gradients, lowered for %s', (lowering) => {
  const square = [3, 3];
  const graphs: Record<string, { shapes: number[][]; build: Build }> = {
    'of a value read several times, twice by one node': {
      shapes: [square],
      build: (_, [x]) => op.add(op.mul(x!, x!), op.sub(op.matmul(x!, x!), op.exp(x!))),
    },
    'of a value that is a result as well as a step on the way': {
      shapes: [square],
      build: (_, [x]) => {
        const y = op.tanh(x!);
        return op.add(y, op.matmul(y, op.square(y)));
      },
    },
    'of a weight shared by two layers': {
      shapes: [
        [1, 2, 3, 3],
        [2, 2, 3, 3],
      ],
      build: (_, [x, weight]) => {
        const pads: [number, number][] = [
          [1, 1],
          [1, 1],
        ];
        return op.conv(op.tanh(op.conv(x!, weight!, { pads })), weight!, { pads });
      },
    },
    'of a softmax that is both operands of a product': {
      shapes: [square],
      build: (_, [x]) => {
        const y = op.softmax(x!);
        return op.matmul(y, y);
      },
    },
    'of a softmax that does more than attend': {
      shapes: [square, square],
      build: (_, [x, v]) => {
        const y = op.softmax(x!);
        return op.add(op.matmul(y, v!), y);
      },
    },
    'of parts of which some are not used, and one twice': {
      shapes: [[2, 6]],
      build: (_, [x]) => {
        const [a, , c] = op.split(x!, 1, [2, 2, 2]) as [Value, Value, Value];
        return op.add(op.mul(a, c), op.exp(c));
      },
    },
    'of overlapping pieces along several axes': {
      shapes: [[4, 5]],
      build: (_, [x]) => {
        const [rows, columns] = [op.slice(x!, 0, 0, 3), op.slice(x!, 0, 1)];
        const turned = op.slice(x!, 1, -1, 0, -2);
        return op.add(op.mul(rows, columns), op.add(op.reduceSum(turned), op.slice(op.exp(x!), 0, 1)));
      },
    },
    'past integers, which end a path': {
      shapes: [square, square],
      build: (_, [x, table]) => {
        const best = op.argMax(x!);
        const scale = op.cast(op.add(best, 1), 'float32');
        return op.add(op.mul(op.gather(table!, best), op.unsqueeze(scale, [1])), x!);
      },
    },
    'past a branch without a rule that the loss does not need': {
      shapes: [square],
      build: (graph, [x]) => {
        graph.output('best', op.topK(x!, 2).values);
        return op.square(x!);
      },
    },
  };
  it.each(Object.keys(graphs))('%s', async (name) => {
    const { shapes, build } = graphs[name]!;
    // Distinct and far apart, so that the largest stays the largest.
    await expectGradients(
      lowering,
      shapes.map((shape, i) => operand(shape, i + 1, (_, j) => ((j * 5) % 17) / 8 - 1)),
      build,
    );
  });
});

describe('gradients', () => {
  const inputs = (graph: Graph) =>
    ['x', 'y'].map((name) => graph.input(name, 'float32', [4])) as [Value, Value];

  it('pass straight through a rounding', async () => {
    const x = operand([5], 1);
    const { graph, factors } = lossGraph('cpu', [x.shape], (_, [v]) => op.straightThrough(op.floor(v!), v!));
    const { d0 } = await runGraph(graph, { x0: x.values });
    expect(d0).toEqual(factors);
  });

  it('stay finite in attention where a query may look nowhere', async () => {
    const shapes = [
      [1, 1, 2, 4],
      [1, 1, 3, 4],
      [1, 1, 3, 4],
    ];
    const { graph } = lossGraph('cpu', shapes, (graph, [q, k, v]) => {
      const mask = maskFrom(graph, 2, 3, (query) => query === 0);
      return attend(q!, k!, v!, { mask });
    });
    const feeds = shapes.map((shape, i) => [`x${i}`, operand(shape, i).values] as const);
    const { loss, d0, d1, d2 } = await runGraph(graph, Object.fromEntries(feeds));
    for (const values of [loss, d0, d1, d2])
      expect([...(values as Float32Array)].every(Number.isFinite)).toBe(true);
  });

  it('name operator, node and scope when a rule is missing', () => {
    const graph = new Graph();
    const [x] = inputs(graph);
    const best = graph.scope('choice', () => op.topK(x, 2));
    expect(() => gradients(graph, op.reduceSum(best.values), [x])).toThrow(
      'TopK in choice: no gradient rule for node “choice/TopK”',
    );
  });

  it.each<[string, (x: Value, idle: Value) => Value]>([
    ['not at all', (x) => x],
    ['through stopGradient only', (x, idle) => op.add(x, op.stopGradient(idle))],
    ['through integers only', (x, idle) => op.add(x, op.cast(op.argMax(idle), 'float32'))],
    ['through a comparison only', (x, idle) => op.where(op.less(idle, 0), x, op.mul(x, 2))],
  ])('name a parameter that reaches the loss %s', (_, build) => {
    const graph = new Graph();
    const [x, y] = inputs(graph);
    expect(() => gradients(graph, op.reduceSum(build(x, y)), [x, y])).toThrow(
      'Gradients in the top scope: the loss does not depend on “y”',
    );
  });

  it('are refused through what a normalisation leaves for its own gradient', () => {
    const graph = new Graph();
    const [x, gain] = inputs(graph);
    const normed = op.rmsNormalization(x, gain);
    const statistic = normed.producer!.outputs[1]!;
    expect(() => gradients(graph, op.reduceSum(op.mul(normed, statistic)), [x])).toThrow(
      'SimplifiedLayerNormalization in the top scope: has no gradient through its statistics',
    );
  });

  it('are those of a scalar', () => {
    const graph = new Graph();
    const [x] = inputs(graph);
    expect(() => gradients(graph, op.exp(x), [x])).toThrow('the loss must be a float32 scalar');
  });
});
