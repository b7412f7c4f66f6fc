/** The trainer: it learns, gives the same bytes for the same seed, resumes bit for bit, and lets task graphs share weights. */
import { describe, expect, it } from 'vitest';
import { ParameterSet } from '#main/ml/nn/parameters.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { buildGradientGraph, buildLossGraph } from '#main/ml/training/gradient-graph.ts';
import { initialState, Trainer, type TrainerState } from '#main/workers/runtime/trainer.ts';
import { optimizerConfig } from '#shared/domain/optimizer-config.ts';
import { tinyBatch, tinyParameters, tinyTask } from './tiny-model.ts';

const compute = { device: 'cpu', threads: 2 } as const;
const optimizer = optimizerConfig.parse({ learningRate: 1e-2 });

function open(state: TrainerState): Promise<Trainer> {
  const task = tinyTask('cpu');
  const tasks = { tiny: buildGradientGraph(task) };
  const evaluations = { tiny: buildLossGraph(task) };
  return Trainer.create({ compute, parameters: tinyParameters, optimizer, tasks, evaluations }, state);
}

/** Steps `from` up to `to`, two micro-batches each; returns every loss. */
async function train(trainer: Trainer, from: number, to: number): Promise<number[]> {
  const losses: number[] = [];
  for (let step = from; step < to; step++) {
    for (const half of [0, 1])
      losses.push((await trainer.accumulate('tiny', tinyBatch(2 * step + half)))['loss']!);
    await trainer.update(1e-2);
  }
  return losses;
}

describe('trainer', () => {
  it('resumes with the losses and weights of the uninterrupted run, bit for bit', async () => {
    const whole = await open(initialState(tinyParameters, optimizer, 3));
    const expectedLosses = await train(whole, 0, 6);
    const expected = await whole.exportState();
    await whole.dispose();

    const first = await open(initialState(tinyParameters, optimizer, 3));
    const losses = await train(first, 0, 2);
    const saved = await first.exportState();
    await first.dispose();
    const second = await open(saved);
    expect(second.step).toBe(2);
    losses.push(...(await train(second, 2, 6)));
    expect(losses).toEqual(expectedLosses);
    expect(await second.exportState()).toEqual(expected);
    await second.dispose();
  });

  it('gives other weights for another seed', () => {
    const [a, b] = [initialState(tinyParameters, optimizer, 3), initialState(tinyParameters, optimizer, 4)];
    expect(a.weights.get('head')).not.toEqual(b.weights.get('head'));
    expect(a.weights.get('norm')).toEqual(b.weights.get('norm'));
  });

  it('learns a batch by heart', async () => {
    const trainer = await open(initialState(tinyParameters, optimizer, 1));
    const before = await trainer.evaluate('tiny', tinyBatch(0));
    for (let step = 0; step < 60; step++) {
      await trainer.accumulate('tiny', { ...tinyBatch(0), seed: Int32Array.of(step) });
      await trainer.update(1e-2);
    }
    const after = await trainer.evaluate('tiny', tinyBatch(0));
    expect(before['loss']).toBeGreaterThan(2.5);
    expect(after['loss']).toBeLessThan(0.5);
    expect(after['largest']).toBeGreaterThan(before['largest']!);
    await trainer.dispose();
  });

  it('leaves the weights alone while it only evaluates', async () => {
    const trainer = await open(initialState(tinyParameters, optimizer, 1));
    const before = await trainer.weights();
    await trainer.evaluate('tiny', tinyBatch(0));
    await trainer.accumulate('tiny', tinyBatch(0));
    expect(await trainer.weights()).toEqual(before);
    await trainer.dispose();
  });

  it('adds up the gradients of task graphs that share some parameters', async () => {
    const parameters = new ParameterSet();
    for (const name of ['shared', 'a', 'b']) parameters.declare(name, [2], { kind: 'ones' });
    const task = (own: 'a' | 'b') =>
      buildGradientGraph({
        parameters,
        inputs: { x: { dtype: 'float32', shape: [2] } },
        loss: (_, bound, { x }) => ({
          loss: op.reduceSum(op.mul(op.mul(bound.get('shared'), bound.get(own)), x)),
        }),
      });
    const tasks = { a: task('a'), b: task('b') };
    const trainer = await Trainer.create(
      { compute, parameters, optimizer, tasks },
      initialState(parameters, optimizer, 1),
    );
    expect(tasks.a.parameters).toEqual(['shared', 'a']);
    await trainer.accumulate('a', { x: Float32Array.of(1, 2) });
    await trainer.accumulate('b', { x: Float32Array.of(3, 4) });
    const { gradientNorm } = await trainer.update(1e-3);
    // shared gets (1+3, 2+4), a gets (1, 2), b gets (3, 4); the update takes the mean over two micro-batches.
    expect(gradientNorm).toBeCloseTo(Math.sqrt(16 + 36 + 1 + 4 + 9 + 16) / 2, 5);
    await trainer.dispose();
  });

  it('refuses an update without gradients, and a state that does not fit', async () => {
    const trainer = await open(initialState(tinyParameters, optimizer, 1));
    await expect(trainer.update(1e-3)).rejects.toThrow('no gradient');
    await trainer.dispose();
    const state = initialState(tinyParameters, optimizer, 1);
    const weights = new Map([...state.weights].filter(([name]) => name !== 'head'));
    await expect(open({ ...state, weights })).rejects.toThrow('the parameter “head” [16, 20] has no values');
  });
});
