/**
 * Speed of a training step of the default GPT against bare matrix products in the same run:
 * node bench/gpt-step.ts [--profile] [threads]
 */
import { rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { generateFeeds } from '#main/ml/gpt/batches.ts';
import { gptParameters } from '#main/ml/gpt/parameters.ts';
import { gptTask } from '#main/ml/gpt/training-task.ts';
import { Random } from '#shared/domain/random.ts';
import { buildGradientGraph } from '#main/ml/training/gradient-graph.ts';
import { Trainer, initialState } from '#main/workers/runtime/trainer.ts';
import { trainingConfig, type GptConfig } from '#shared/domain/training-config.ts';
import { defaultGptShape, randomExample } from './default-gpt.ts';
import { matmulCeiling } from './matmul-ceiling.ts';
import { profileNodes } from './node-profile.ts';

const ROUNDS = 10;
const PRODUCTS_A_ROUND = 5;
/** Threads of a session spin a while after a run: the other one's turn comes when they sleep. */
const BETWEEN_TURNS_MS = 50;
const threads = Number(process.argv.find((argument) => /^\d+$/.test(argument)) ?? 2);
const { microBatch, dropout, captionDropout, optimizer } = trainingConfig.parse({}).gpt;

async function measure(order: GptConfig['order'], rate: number): Promise<void> {
  const shape = defaultGptShape(order);
  const parameters = gptParameters(shape);
  const graph = buildGradientGraph(gptTask('generate', shape, { batch: microBatch, dropout: rate }));
  const compute = { device: 'cpu', threads } as const;
  const trainer = await Trainer.create(
    { compute, parameters, optimizer, tasks: { generate: graph } },
    initialState(parameters, optimizer, 1),
  );
  const ceiling = await matmulCeiling(threads);
  const random = Random.seeded(1);
  const examples = Array.from({ length: microBatch }, () => randomExample(shape, random));
  const feeds = () =>
    generateFeeds(examples, shape, { batch: microBatch, random, dropout: rate, captionDropout });

  let [bareRate, stepMs] = [0, Infinity];
  // Turn by turn, so that what else the machine does weighs on both alike; the best of each counts.
  for (let round = 0; round < ROUNDS; round++) {
    await pause(BETWEEN_TURNS_MS);
    for (let i = 0; i < PRODUCTS_A_ROUND; i++) bareRate = Math.max(bareRate, await ceiling.measure());
    const batch = feeds();
    await pause(BETWEEN_TURNS_MS);
    const start = performance.now();
    await trainer.accumulate('generate', batch);
    stepMs = Math.min(stepMs, performance.now() - start);
  }
  const start = performance.now();
  await trainer.update(1e-3);
  const updateMs = performance.now() - start;
  const stepRate = graph.flops / stepMs / 1e6;
  console.log(
    `${order.padEnd(6)} dropout ${rate}: ${(parameters.size / 1e6).toFixed(1)}M parameters, ` +
      `${(graph.flops / 1e9).toFixed(1)} GFLOP a micro-batch of ${microBatch} clips in ${stepMs.toFixed(0)} ms: ` +
      `${((1000 * microBatch) / stepMs).toFixed(1)} clips/s, ${stepRate.toFixed(0)} GFLOP/s; ` +
      `bare matrix products ${bareRate.toFixed(0)} GFLOP/s; ratio ${((100 * stepRate) / bareRate).toFixed(0)} %; ` +
      `update ${updateMs.toFixed(0)} ms`,
  );
  await ceiling.dispose();
  await trainer.dispose();
  if (process.argv.includes('--profile')) {
    const weights = Object.fromEntries(parameters.initialise(1));
    const used = Object.fromEntries(graph.parameters.map((name) => [name, weights[name]!]));
    const trace = await profileNodes(graph.model, { ...used, ...feeds() }, compute);
    for (const { operator, count, ms } of trace.nodes) {
      console.log(`${ms.toFixed(1).padStart(9)} ms ${String(count).padStart(5)} × ${operator}`);
    }
    rmSync(trace.path, { recursive: true });
  }
}

for (const order of ['frame', 'raster'] as const) {
  for (const rate of new Set([0, dropout])) await measure(order, rate);
}
