/** Rules, layers and optimizer against the values that PyTorch computed (tests/golden/gradient_rules.py and ml_core.py). */
import { describe, expect, it } from 'vitest';
import { gradients } from '#main/ml/autodiff/gradients.ts';
import { rules } from '#main/ml/autodiff/rules.ts';
import { attend, joinHeads, maskFrom, splitHeads } from '#main/ml/nn/attention.ts';
import { layerNorm, rmsNorm, swiglu } from '#main/ml/nn/layers.ts';
import { crossEntropy } from '#main/ml/nn/losses.ts';
import { ParameterSet } from '#main/ml/nn/parameters.ts';
import { Graph, type Lowering, type Value } from '#main/ml/onnx/graph.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { learningRateAt } from '#main/ml/optim/schedule.ts';
import { buildGradientGraph } from '#main/ml/training/gradient-graph.ts';
import { initialState, Trainer } from '#main/workers/runtime/trainer.ts';
import { optimizerConfig } from '#shared/domain/optimizer-config.ts';
import { goldenRules, readGolden, ruleGoldens, type Flat, type GoldenCase } from './golden-rules.ts';
import { runGraph } from './run-graph.ts';

interface Golden {
  layers: Record<string, GoldenCase>;
  adamw: {
    config: Record<string, number>;
    x: Flat;
    y: Flat;
    start: { w: Flat; b: Flat };
    steps: { learningRate: number; loss: number; gradientNorm: number; w: Flat; b: Flat }[];
  };
}
const golden = readGolden('ml-core.json') as Golden;

const layers: Record<string, (graph: Graph, xs: Value[]) => Value> = {
  softmax: (_, [x]) => op.softmax(x!),
  logSoftmax: (_, [x]) => op.logSoftmax(x!),
  gelu: (_, [x]) => op.gelu(x!),
  rmsNorm: (_, [x, gain]) => rmsNorm(x!, gain),
  layerNorm: (_, [x, gain, bias]) => layerNorm(x!, gain!, bias!),
  swiglu: (_, [x, gateUp, down]) => swiglu(x!, gateUp!, down!),
  attention: (graph, xs) => {
    const [q, k, v] = xs.map((x) => splitHeads(x, 2)) as [Value, Value, Value];
    return joinHeads(attend(q, k, v, { mask: maskFrom(graph, 5, 5, (query, key) => key <= query) }));
  },
  crossEntropy: (graph, [logits]) =>
    crossEntropy(
      logits!,
      graph.tensor('int64', [4], [1, 0, 4, 2]),
      graph.tensor('float32', [4], [1, 0.5, 0, 2]),
    ),
};

const operatorOf = (name: string) => name.split(':')[0]!;

describe('cases from PyTorch', () => {
  it.each(Object.keys(rules))('there is one for the rule of %s', (operator) => {
    expect(Object.keys(ruleGoldens).map(operatorOf)).toContain(operator);
  });

  it('have their operators here, and the other way round', () => {
    expect(Object.keys(goldenRules).sort()).toEqual(Object.keys(ruleGoldens).sort());
  });
});

describe.each(['cpu', 'webgpu'] as const)('rules as in PyTorch, lowered for %s', (lowering) => {
  it.each(Object.keys(ruleGoldens))('%s', async (name) => {
    const graph = await expectGolden(lowering, ruleGoldens[name]!, goldenRules[name]!);
    // On WebGPU some operators become others.
    if (lowering === 'cpu') expect(graph.nodes.map(({ operator }) => operator)).toContain(operatorOf(name));
  });
});

describe.each(['cpu', 'webgpu'] as const)('layers as in PyTorch, lowered for %s', (lowering) => {
  it.each(Object.keys(golden.layers))('%s', async (name) => {
    await expectGolden(lowering, golden.layers[name]!, layers[name]!);
  });
});

describe('AdamW', () => {
  it('follows PyTorch for ten steps with clipping, decay and schedule', async () => {
    const { config, x, y, start, steps } = golden.adamw;
    const optimizer = optimizerConfig.parse(config);
    const parameters = new ParameterSet();
    parameters.matrix('w', start.w.shape, 1);
    parameters.zeros('b', start.b.shape);
    const task = buildGradientGraph({
      parameters,
      inputs: { x: { dtype: 'float32', shape: x.shape }, y: { dtype: 'float32', shape: y.shape } },
      loss: (_, bound, inputs) => {
        const predicted = op.add(op.matmul(inputs.x, bound.get('w')), bound.get('b'));
        return { loss: op.reduceMean(op.square(op.sub(predicted, inputs.y))) };
      },
    });
    const state = initialState(parameters, optimizer, 1);
    state.weights.get('w')!.set(start.w.values);
    const compute = { device: 'cpu', threads: 1 } as const;
    const trainer = await Trainer.create({ compute, parameters, optimizer, tasks: { fit: task } }, state);
    const batch = { x: Float32Array.from(x.values), y: Float32Array.from(y.values) };
    expect(
      steps.some(({ gradientNorm }) => gradientNorm > config['clipNorm']!) &&
        steps.some((s) => s.gradientNorm < config['clipNorm']!),
    ).toBe(true);
    for (const [i, expected] of steps.entries()) {
      const rate = learningRateAt(optimizer, i, steps.length);
      expect(rate).toBeCloseTo(expected.learningRate, 12);
      const { loss } = await trainer.accumulate('fit', batch);
      // Twice the same micro-batch has the same mean gradient.
      await trainer.accumulate('fit', batch);
      const { gradientNorm } = await trainer.update(rate);
      expect(loss! / expected.loss).toBeCloseTo(1, 4);
      expect(gradientNorm / expected.gradientNorm).toBeCloseTo(1, 4);
      const weights = await trainer.weights();
      expectClose(weights.get('w')!, expected.w);
      expectClose(weights.get('b')!, expected.b);
    }
    await trainer.dispose();
  });
});

/** Result and gradients must be those of PyTorch. Returns the graph. */
async function expectGolden(
  lowering: Lowering,
  { inputs, factors, result, gradients: expected }: GoldenCase,
  build: (graph: Graph, xs: Value[]) => Value,
): Promise<Graph> {
  const graph = new Graph(lowering);
  const xs = inputs.map(({ shape }, i) => graph.input(`x${i}`, 'float32', shape));
  const y = build(graph, xs);
  expect(y.shape).toEqual(result.shape);
  const loss = op.reduceSum(op.mul(y, graph.tensor('float32', factors.shape, factors.values)));
  graph.output('y', y);
  gradients(graph, loss, xs).forEach((gradient, i) => graph.output(`d${i}`, gradient));
  const feeds = Object.fromEntries(inputs.map(({ values }, i) => [`x${i}`, Float32Array.from(values)]));
  const results = await runGraph(graph, feeds);
  expectClose(results['y'] as Float32Array, result);
  expected.forEach((gradient, i) => expectClose(results[`d${i}`] as Float32Array, gradient));
  return graph;
}

function expectClose(actual: Float32Array, { values }: Flat): void {
  expect(actual.length).toBe(values.length);
  const scale = Math.max(...values.map(Math.abs));
  const worst = Math.max(...values.map((value, i) => Math.abs(value - actual[i]!)));
  expect(worst / scale).toBeLessThan(2e-5);
}
