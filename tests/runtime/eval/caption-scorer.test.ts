/** A tiny GPT that has learned the captions of some clips by heart finds them again; one that has not, does not. */
import { expect, it } from 'vitest';
import { rankings, retrievalAccuracy } from '#main/ml/eval/retrieval.ts';
import { captionFeeds } from '#main/ml/gpt/batches.ts';
import { gptParameters } from '#main/ml/gpt/parameters.ts';
import { gptTask } from '#main/ml/gpt/training-task.ts';
import type { Weights } from '#main/ml/nn/parameters.ts';
import { specialToken } from '#main/ml/text/vocabulary.ts';
import { buildGradientGraph } from '#main/ml/training/gradient-graph.ts';
import { openCaptionScorer } from '#main/workers/eval/caption-scorer.ts';
import { initialState, Trainer } from '#main/workers/runtime/trainer.ts';
import { Random } from '#shared/domain/random.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';
import { tinyShape } from '../gpt/tiny-gpt.ts';

const compute = { device: 'cpu', threads: 1 } as const;
const { end, pad } = specialToken;
const STEPS = 150;

it('by heart', async () => {
  const shape = tinyShape('frame');
  const random = Random.seeded(1);
  const captions = [
    [10, end, pad, pad, pad, pad],
    [11, 12, end, pad, pad, pad],
    [11, 13, end, pad, pad, pad],
    [14, 15, 16, 17, 18, end],
    [14, 15, 16, 17, end, pad],
    [19, 10, 19, end, pad, pad],
  ];
  const examples = captions.map((text) => ({
    text: Int32Array.from(text),
    tokens: Int32Array.from({ length: shape.videoTokens }, () => random.integer(shape.codes)),
  }));
  const parameters = gptParameters(shape);
  const { optimizer } = trainingConfig.parse({}).gpt;
  const batch = examples.length;
  const trainer = await Trainer.create(
    {
      compute,
      parameters,
      optimizer,
      tasks: { caption: buildGradientGraph(gptTask('caption', shape, { batch })) },
    },
    initialState(parameters, optimizer, 1),
  );
  const start = await trainer.weights();
  const untrained = new Map([...start].map(([name, values]) => [name, values.slice()]));
  for (let step = 0; step < STEPS; step++) {
    await trainer.accumulate('caption', captionFeeds(examples, shape, { batch, random }));
    await trainer.update(0.01);
  }
  const accuracyOf = async (weights: Weights) => {
    const texts = examples.map(({ text }) => text);
    const scorer = await openCaptionScorer(weights, shape, texts, compute);
    expect(scorer.lengths).toEqual([2, 3, 3, 6, 5, 4]);
    const logLikelihoods: Float64Array[] = [];
    for (const { tokens } of examples) logLikelihoods.push(await scorer.score(tokens));
    await scorer.dispose();
    const { total, perToken } = rankings({ logLikelihoods, ofOthers: [], lengths: scorer.lengths });
    return { total: retrievalAccuracy(total), perToken: retrievalAccuracy(perToken) };
  };
  const found = await accuracyOf(await trainer.weights());
  expect(found.total).toEqual({ top1: 1, top5: 1 });
  expect(found.perToken.top1).toBe(1);
  expect((await accuracyOf(untrained)).total.top1).toBeLessThan(0.5);
  await trainer.dispose();
});
