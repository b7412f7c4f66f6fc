/** Blocks computed again in the backward pass: the same gradients to the bit, and nothing inside a block is kept for them. */
import { expect, it } from 'vitest';
import { gradients } from '#main/ml/autodiff/gradients.ts';
import { generateFeeds } from '#main/ml/gpt/batches.ts';
import { gptTask } from '#main/ml/gpt/training-task.ts';
import { Graph, nodesFor } from '#main/ml/onnx/graph.ts';
import { buildGradientGraph } from '#main/ml/training/gradient-graph.ts';
import { Session } from '#main/workers/runtime/session.ts';
import { Random } from '#shared/domain/random.ts';
import { randomWeights, tinyExample, tinyShape } from './tiny-gpt.ts';

const BATCH = 2;
const DROPOUT = 0.2;
const orders = ['frame', 'raster'] as const;

it.each(orders)('gives the same loss and gradients in %s order', async (order) => {
  const shape = tinyShape(order);
  const weights = Object.fromEntries(randomWeights(shape));
  const random = Random.seeded(7);
  const examples = [tinyExample(shape, 1), tinyExample(shape, 2)];
  const feeds = {
    ...weights,
    ...generateFeeds(examples, shape, { batch: BATCH, random, dropout: DROPOUT }),
  };
  const outputsOf = async (recompute: boolean) => {
    const task = gptTask('generate', shape, { batch: BATCH, dropout: DROPOUT });
    const { model } = buildGradientGraph(task, { recompute });
    const session = await Session.create(model, { device: 'cpu', threads: 1 });
    const outputs = await session.run(feeds);
    await session.dispose();
    return outputs;
  };
  expect(await outputsOf(true)).toEqual(await outputsOf(false));
});

it.each(orders)('keeps only what enters a block in %s order', (order) => {
  const kept = (recompute: boolean) => {
    const task = gptTask('generate', tinyShape(order), { batch: BATCH, dropout: DROPOUT });
    const graph = new Graph();
    const bound = task.parameters.asInputs(graph);
    const inputs = Object.entries(task.inputs).map(
      ([name, { dtype, shape }]) => [name, graph.input(name, dtype, shape)] as const,
    );
    const { loss } = task.loss(graph, bound, Object.fromEntries(inputs));
    const parameters = bound.used.map(({ value }) => value);
    const backward = nodesFor(graph, gradients(graph, loss, parameters, { recompute })).filter(({ scope }) =>
      scope.startsWith('gradient/'),
    );
    const read = new Set(backward.flatMap((node) => node.inputs));
    return [...read].filter((value) => value?.producer?.segment !== undefined).length;
  };
  expect(kept(false)).toBeGreaterThan(20);
  expect(kept(true)).toBe(0);
});
