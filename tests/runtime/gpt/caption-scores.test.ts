/** Many captions of one clip, scored side by side, get what the caption task gives each of them alone. */
import { expect, it } from 'vitest';
import { captionScoresGraph } from '#main/ml/eval/caption-scores.ts';
import { captionFeeds } from '#main/ml/gpt/batches.ts';
import { gptTask } from '#main/ml/gpt/training-task.ts';
import { encodeModel } from '#main/ml/onnx/encode.ts';
import { specialToken } from '#main/ml/text/vocabulary.ts';
import { buildLossGraph } from '#main/ml/training/gradient-graph.ts';
import { Session } from '#main/workers/runtime/session.ts';
import { Random } from '#shared/domain/random.ts';
import { randomWeights, tinyExample, tinyShape } from './tiny-gpt.ts';

const compute = { device: 'cpu', threads: 1 } as const;
const { end, pad } = specialToken;

it.each(['frame', 'raster'] as const)('in %s order', async (order) => {
  const shape = tinyShape(order);
  const weights = randomWeights(shape);
  const { tokens } = tinyExample(shape);
  const captions = [
    tinyExample(shape, 5).text,
    Int32Array.of(70, end, pad, pad, pad, pad),
    Int32Array.of(70, 71, end, pad, pad, pad),
  ];

  const task = await Session.create(buildLossGraph(gptTask('caption', shape, { batch: 1 })).model, compute);
  const given = Object.fromEntries([...weights].filter(([name]) => task.model.inputs.has(name)));
  const expected: number[] = [];
  for (const text of captions) {
    const feeds = captionFeeds([{ tokens, text }], shape, { batch: 1, random: Random.seeded(1) });
    expected.push(Number((await task.run({ ...given, ...feeds }))['nats']![0]));
  }
  await task.dispose();

  // The longest has five tokens: what is cut is padding.
  const options = { captions: captions.length, length: 5 };
  const scores = await Session.create(encodeModel(captionScoresGraph(weights, shape, options)), compute);
  const text = Int32Array.from(captions.flatMap((caption) => [...caption.subarray(0, 5)]));
  const { nats } = await scores.run({ tokens, text });
  await scores.dispose();
  expect(nats).toHaveLength(3);
  expected.forEach((value, i) => expect(Number(nats![i]) / value).toBeCloseTo(1, 5));
  expect(new Set(expected.map((value) => value.toFixed(3))).size).toBe(3);
});
