/** Every optimizer against the updates that PyTorch or plain code made (tests/golden/optimizers.py), on the CPU and as a graph. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ParameterSet, type Role } from '#main/ml/nn/parameters.ts';
import type { Lowering } from '#main/ml/onnx/graph.ts';
import { EMA_SLOT } from '#main/ml/optim/ema.ts';
import { planUpdates, slotKey, slotSpecs } from '#main/ml/optim/plan.ts';
import { learningRateAt } from '#main/ml/optim/schedule.ts';
import { gradientOutput } from '#main/ml/training/gradient-graph.ts';
import {
  buildUpdateGraph,
  gradientNormOutput,
  meanInput,
  nextOutput,
  updateScalars,
} from '#main/ml/training/update-graph.ts';
import { HostParameters } from '#main/workers/runtime/host-parameters.ts';
import { Session } from '#main/workers/runtime/session.ts';
import { initialState, type TrainerState } from '#main/workers/runtime/trainer.ts';
import { optimizerConfig, optimizerKinds, type OptimizerConfig } from '#shared/domain/optimizer-config.ts';

type Values = Record<string, number[]>;
interface Golden {
  parameters: Record<string, { role: Role; shape: number[]; start: number[] }>;
  gradients: Values[];
  cases: Record<
    string,
    {
      config: unknown;
      steps: { learningRate: number; norm: number; weights: Values; average?: Values }[];
    }
  >;
}
const golden = JSON.parse(
  readFileSync(new URL('../../golden/optimizers.json', import.meta.url), 'utf8'),
) as Golden;
const TOLERANCE = 1e-5;
const compute = { device: 'cpu', threads: 1 } as const;

const parameters = new ParameterSet();
for (const [name, { role, shape }] of Object.entries(golden.parameters))
  parameters.declare(name, shape, { kind: 'zeros' }, role);
const startOf = (config: OptimizerConfig) =>
  initialState(
    parameters,
    config,
    new Map(Object.entries(golden.parameters).map(([name, { start }]) => [name, Float32Array.from(start)])),
  );

function expectClose(actual: Float32Array, values: number[], what: string): void {
  expect(actual.length).toBe(values.length);
  const scale = Math.max(...values.map(Math.abs));
  const worst = Math.max(...values.map((value, i) => Math.abs(value - actual[i]!)));
  expect(worst / scale, what).toBeLessThan(TOLERANCE);
}

interface Follower {
  update(rate: number, gradients: Values, step: number): Promise<number>;
  state(): Promise<Omit<TrainerState, 'step'>>;
  dispose(): Promise<void>;
}

/** As the trainer does it on the CPU; every other step gets its gradient from three micro-batches. */
async function onHost(optimizer: OptimizerConfig): Promise<Follower> {
  const store = await HostParameters.create({ compute, parameters, optimizer }, startOf(optimizer));
  return {
    async update(learningRate, gradients, step) {
      const shares = step % 2 === 0 ? [1] : [0.5, 2.25, 0.25];
      for (const share of shares) {
        const targets = Object.entries(gradients).map(([name, values]) => {
          const target = store.gradientTarget(name);
          (target.data as Float32Array).set(values.map((value) => value * share));
          return [name, target] as const;
        });
        await store.addGradients(new Map(targets));
      }
      return store.update({ step, learningRate, microBatches: shares.length });
    },
    state: () => store.export(),
    dispose: () => store.dispose(),
  };
}

/** The update as one graph, as on a graphics card, with the gradients of two micro-batches. */
async function asGraph(optimizer: OptimizerConfig, lowering: Lowering): Promise<Follower> {
  const session = await Session.create(buildUpdateGraph(parameters, optimizer, lowering), compute);
  const plan = planUpdates(parameters, optimizer);
  const start = startOf(optimizer);
  const state = new Map([...start.weights, ...start.slots]);
  return {
    async update(learningRate, gradients, step) {
      const scalars = { ...updateScalars(plan, { step, learningRate }), [meanInput]: 0.5 };
      const results = await session.run({
        ...Object.fromEntries(state),
        ...Object.fromEntries(
          Object.entries(gradients).map(([name, values]) => [
            gradientOutput(name),
            Float32Array.from(values, (value) => 2 * value),
          ]),
        ),
        ...Object.fromEntries(
          Object.entries(scalars)
            .filter(([name]) => session.model.inputs.has(name))
            .map(([name, value]) => [name, Float32Array.of(value)]),
        ),
      });
      for (const key of state.keys()) state.set(key, results[nextOutput(key)] as Float32Array);
      return Number(results[gradientNormOutput]![0]);
    },
    state: async () => {
      const isWeight = new Set(Object.keys(golden.parameters));
      const part = (weights: boolean) => new Map([...state].filter(([key]) => isWeight.has(key) === weights));
      return { weights: part(true), slots: part(false) };
    },
    dispose: () => session.dispose(),
  };
}

const ways = {
  'on the CPU': onHost,
  'as a graph for the CPU': (config: OptimizerConfig) => asGraph(config, 'cpu'),
  'as a graph for WebGPU': (config: OptimizerConfig) => asGraph(config, 'webgpu'),
};

describe.each(Object.entries(ways))('%s', (_, open) => {
  it.each(Object.entries(golden.cases))('%s', async (_, { config, steps }) => {
    const optimizer = optimizerConfig.parse(config);
    const follower = await open(optimizer);
    for (const [i, expected] of steps.entries()) {
      const rate = learningRateAt(optimizer, i, steps.length);
      expect(rate / expected.learningRate).toBeCloseTo(1, 9);
      const norm = await follower.update(rate, golden.gradients[i]!, i + 1);
      expect(Math.abs(norm / expected.norm - 1)).toBeLessThan(TOLERANCE);
      const { weights, slots } = await follower.state();
      for (const [name, values] of Object.entries(expected.weights))
        expectClose(weights.get(name)!, values, `${name} after ${i + 1} updates`);
      for (const [name, values] of Object.entries(expected.average ?? {}))
        expectClose(slots.get(slotKey(EMA_SLOT, name))!, values, `the average of ${name}`);
    }
    await follower.dispose();
  });
});

describe('traces', () => {
  it('exist for every optimizer, clip in some steps and not in others, and keep state', () => {
    const kinds = Object.values(golden.cases).map(({ config }) => optimizerConfig.parse(config).kind);
    expect(new Set(kinds)).toEqual(new Set(optimizerKinds));
    for (const { config, steps } of Object.values(golden.cases)) {
      const optimizer = optimizerConfig.parse(config);
      const limit = optimizer.clipNorm || 4;
      expect(new Set(steps.map(({ norm }) => norm > limit))).toEqual(new Set([true, false]));
      expect(slotSpecs(parameters, optimizer).length).toBeGreaterThanOrEqual(5);
    }
  });
});
