/** A tiny GPT learns two clips by heart, gives them back for their prompts, describes them, and finds the way to a given picture. */
import { expect, it } from 'vitest';
import { captionFeeds, conditionedFeeds, generateFeeds } from '#main/ml/gpt/batches.ts';
import { gptParameters } from '#main/ml/gpt/parameters.ts';
import { gptShape } from '#main/ml/gpt/shape.ts';
import { gptTask } from '#main/ml/gpt/training-task.ts';
import { Random } from '#shared/domain/random.ts';
import { specialToken } from '#main/ml/text/vocabulary.ts';
import { evaluateGpt, gptEvaluations } from '#main/workers/runtime/evaluate-gpt.ts';
import { buildGradientGraph } from '#main/ml/training/gradient-graph.ts';
import { writeCaption } from '#main/workers/caption/write-caption.ts';
import { CachedGpt } from '#main/workers/generate/cached-gpt.ts';
import { VideoSampler } from '#main/workers/generate/video-sampler.ts';
import { initialState, Trainer } from '#main/workers/runtime/trainer.ts';
import { tinyExample, tinyShapeWithFeature } from './tiny-gpt.ts';
import { sampling } from '#shared/contract/generation.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';

const compute = { device: 'cpu', threads: 1 } as const;
const { end, pad } = specialToken;
const STEPS = 300;

// One latent frame is a still image: nothing is clean there.
it.each([
  ['frame', 5],
  ['raster', 5],
  ['frame', 1],
  ['raster', 1],
] as const)('learns and repeats clips in %s order, %i frames', async (order, frames) => {
  const shape = gptShape(
    { order, width: 32, heads: 2, depth: 1, textLength: 4, textVocabulary: 300, textFeatures: 0 },
    { strideT: 4, strideS: 8, levels: [11] },
    { frames, size: 16 },
    264,
  );
  const random = Random.seeded(1);
  const examples = [10, 20].map((word) => ({
    text: Int32Array.of(word, word + 1, end, pad),
    tokens: Int32Array.from({ length: shape.videoTokens }, () => random.integer(shape.codes)),
  }));
  const parameters = gptParameters(shape);
  // Three rows for two clips: the third must not matter.
  const options = { batch: 3, dropout: 0.05 };
  const { optimizer } = trainingConfig.parse({}).gpt;
  const graph = (kind: 'generate' | 'caption') => buildGradientGraph(gptTask(kind, shape, options));
  const trainer = await Trainer.create(
    { compute, parameters, optimizer, tasks: { generate: graph('generate'), caption: graph('caption') } },
    initialState(parameters, optimizer, 1),
  );
  for (let step = 0; step < STEPS; step++) {
    await trainer.accumulate('generate', generateFeeds(examples, shape, { ...options, random }));
    await trainer.accumulate('caption', captionFeeds(examples, shape, { ...options, random }));
    await trainer.update(0.01);
  }
  const weights = await trainer.weights();
  await trainer.dispose();

  const reader = await CachedGpt.create(weights, shape, { task: 'caption', batch: 1, queries: 1 }, compute);
  for (const { text, tokens } of examples) {
    const settings = sampling.parse({ guidance: 1, temperature: 0, steps: 4 });
    const sampler = await VideoSampler.create(
      weights,
      shape,
      { prompt: { text }, settings, seeds: [1] },
      compute,
    );
    const sampled: number[] = [];
    for await (const [frame] of sampler.frames()) sampled.push(...frame!.tokens);
    expect(sampled).toEqual([...tokens]);
    await sampler.dispose();
    expect((await writeCaption(reader, tokens, shape.textLength)).text).toEqual([...text.slice(0, 2)]);
  }
  await reader.dispose();
});

it.each(['frame', 'raster'] as const)(
  'learns which way leads to which picture in %s order',
  async (order) => {
    const shape = tinyShapeWithFeature(order);
    const random = Random.seeded(1);
    // One prompt and one way back to the beginning, but two endings.
    const [one, other] = [tinyExample(shape, 1), tinyExample(shape, 2)];
    const examples = [one, { ...other, text: one.text, feature: one.feature }];
    const parameters = gptParameters(shape);
    const { optimizer } = trainingConfig.parse({}).gpt;
    const trainer = await Trainer.create(
      {
        compute,
        parameters,
        optimizer,
        tasks: { conditioned: buildGradientGraph(gptTask('conditioned', shape, { batch: 2 })) },
        evaluations: gptEvaluations(shape, 2, 'cpu', { conditioned: true }),
      },
      initialState(parameters, optimizer, 1),
    );
    for (let step = 0; step < STEPS; step++) {
      const feeds = conditionedFeeds(examples, shape, { batch: 2, random, loopShare: 0.5 });
      await trainer.accumulate('conditioned', feeds);
      await trainer.update(0.01);
    }
    const evaluate = (clips: typeof examples) =>
      evaluateGpt((graph, feeds) => trainer.evaluate(graph, feeds), [clips], shape, 2, {
        conditionedEvery: 1,
      });
    const { inbetweenLoss, loopLoss } = await evaluate(examples);
    // Guessing among 11 codes costs 2.4 nats.
    expect(inbetweenLoss).toBeLessThan(0.3);
    expect(loopLoss).toBeLessThan(0.3);
    // With the picture of the other clip it is led astray.
    const swapped = examples.map((example, i) => ({ ...example, arrival: examples[1 - i]!.arrival }));
    expect((await evaluate(swapped)).inbetweenLoss).toBeGreaterThan(1);
    await trainer.dispose();
  },
);
