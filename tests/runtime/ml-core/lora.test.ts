/** Adapters against plain PyTorch (tests/golden/optimizers.py): they learn, the model stays, and merged they are one model. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { adapted, mergeAdapters, withAdapters } from '#main/ml/nn/lora.ts';
import { linears } from '#main/ml/nn/layers.ts';
import { multiply } from '#main/ml/nn/linear-weight.ts';
import { ParameterSet } from '#main/ml/nn/parameters.ts';
import type { Value } from '#main/ml/onnx/graph.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { slotSpecs } from '#main/ml/optim/plan.ts';
import { learningRateAt } from '#main/ml/optim/schedule.ts';
import { buildGradientGraph, buildLossGraph, type Task } from '#main/ml/training/gradient-graph.ts';
import { initialState, Trainer } from '#main/workers/runtime/trainer.ts';
import { optimizerConfig } from '#shared/domain/optimizer-config.ts';
import { loraConfig } from '#shared/domain/training-config.ts';

const golden = (
  JSON.parse(readFileSync(new URL('../../golden/optimizers.json', import.meta.url), 'utf8')) as {
    lora: {
      config: unknown;
      rank: number;
      alpha: number;
      fixed: Record<string, { shape: number[]; values: number[] }>;
      /** A and B by target. */
      start: Record<string, [number[], number[]]>;
      x: number[];
      y: number[];
      steps: { loss: number; merged: Record<string, number[]> }[];
    };
  }
).lora;

const optimizer = optimizerConfig.parse(golden.config);
const lora = loraConfig.parse({ rank: golden.rank, alpha: golden.alpha });
const compute = { device: 'cpu', threads: 1 } as const;
const [up, down, head] = ['block.0.attention.qkv', 'block.0.feedForward.down', 'head'] as const;

const model = new ParameterSet();
model.declare(up, golden.fixed[up]!.shape, { kind: 'zeros' });
model.declare(down, golden.fixed[down]!.shape, { kind: 'zeros' });
model.declare(head, golden.fixed[head]!.shape, { kind: 'zeros' }, 'head');
const fixed = new Map(
  Object.entries(golden.fixed).map(([name, { values }]) => [name, Float32Array.from(values)]),
);

/** `up` as the weight of a linear map, which is multiplied beside its adapter, and `down` as a matrix, which is the sum. */
const task = {
  parameters: model,
  inputs: { x: { dtype: 'float32', shape: [5, 4] }, y: { dtype: 'float32', shape: [5, 2] } },
  loss: (_, bound, inputs) => {
    const hidden = op.tanh(multiply(inputs['x']!, bound.weight(up)));
    const found = op.matmul(op.matmul(hidden, bound.get(down)), bound.get(head));
    return { loss: op.reduceMean(op.square(op.sub(found, inputs['y']!))) };
  },
} satisfies Task;
const batch = { x: Float32Array.from(golden.x), y: Float32Array.from(golden.y) };

function expectClose(actual: Float32Array, values: number[]): void {
  const scale = Math.max(...values.map(Math.abs));
  expect(actual.length).toBe(values.length);
  values.forEach((value, i) => expect(Math.abs(value - actual[i]!) / scale).toBeLessThan(1e-5));
}

test('adapters follow PyTorch for twelve steps; the model is not touched, and has neither gradients nor state', async () => {
  const parameters = withAdapters(model, lora);
  const graph = buildGradientGraph(adapted(task, lora));
  const adapters = [up, down].flatMap((name) => [`adapter.a/${name}`, `adapter.b/${name}`]);
  expect(graph.gradients).toEqual(adapters);
  expect(graph.parameters.toSorted()).toEqual([...adapters, up, down, head].toSorted());
  expect(slotSpecs(parameters, optimizer).map(({ parameter }) => parameter)).toEqual(
    adapters.flatMap((name) => [name, name]),
  );

  const start = new Map([...parameters.initialise(1), ...fixed]);
  for (const [name, [a, b]] of Object.entries(golden.start)) {
    expect(start.get(`adapter.b/${name}`)).toEqual(Float32Array.from(b));
    start.set(`adapter.a/${name}`, Float32Array.from(a));
  }
  const trainer = await Trainer.create(
    {
      compute,
      parameters,
      optimizer,
      tasks: { fit: graph },
      evaluations: { fit: buildLossGraph(adapted(task, lora)) },
    },
    initialState(parameters, optimizer, start),
  );
  for (const [i, expected] of golden.steps.entries()) {
    const { loss } = await trainer.accumulate('fit', batch);
    expect(Math.abs(loss! / expected.loss - 1)).toBeLessThan(1e-5);
    await trainer.update(learningRateAt(optimizer, i, golden.steps.length));
    const merged = mergeAdapters(await trainer.weights(), model, lora);
    for (const [name, values] of Object.entries(expected.merged)) expectClose(merged.get(name)!, values);
  }
  const weights = await trainer.weights();
  for (const [name, values] of fixed) expect(weights.get(name)).toEqual(values);
  const apart = await trainer.evaluate('fit', batch);
  await trainer.dispose();

  const together = await Trainer.create(
    { compute, parameters: model, optimizer, tasks: {}, evaluations: { fit: buildLossGraph(task) } },
    initialState(model, optimizer, mergeAdapters(weights, model, lora)),
  );
  expect((await together.evaluate('fit', batch))['loss']).toBeCloseTo(apart['loss']!, 6);
  await together.dispose();
});

test('targets choose what is adapted', () => {
  const only = withAdapters(model, { ...lora, targets: ['feedForward'] });
  expect(only.trainable.map(({ name }) => name)).toEqual([`adapter.a/${down}`, `adapter.b/${down}`]);
});

test('the gradient of a matrix that stays is not computed, also where it is split', () => {
  const rows = 64;
  const wide = new ParameterSet();
  wide.matrix(up, [32, 96], 0.1);
  const x = { dtype: 'float32', shape: [rows, 32] } as const;
  const sumOf = (parts: readonly Value[]) => op.reduceMean(op.square(parts.reduce((a, b) => op.add(a, b))));
  const linear = {
    parameters: wide,
    inputs: { x },
    loss: (_, bound, inputs) => ({ loss: sumOf(linears(inputs['x']!, bound.weight(up), [32, 32, 32])) }),
  } satisfies Task;
  const product = 2 * rows * 32 * 96;
  const { flops } = buildGradientGraph(adapted(linear, { ...lora, rank: 1 }));
  expect(flops).toBeGreaterThan(product);
  // The three thin products of an adapter, forward and backward, take less than a tenth of a whole one.
  expect(flops).toBeLessThan(1.3 * product);
  expect(buildGradientGraph(linear).flops).toBeGreaterThanOrEqual(2 * product);
});
