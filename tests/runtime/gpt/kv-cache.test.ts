/** Decoding against the KV cache gives what the training graphs give, which read the whole sequence at once. */
import { describe, expect, it } from 'vitest';
import { continuationGraph, prefixLength } from '#main/ml/gpt/inference.ts';
import { matmulFlops } from '#main/ml/onnx/flops.ts';
import { captionFeeds, conditionedFeeds, generateFeeds } from '#main/ml/gpt/batches.ts';
import type { GptShape } from '#main/ml/gpt/shape.ts';
import { gptTask, type GptSequence } from '#main/ml/gpt/training-task.ts';
import { logSoftmax } from '#main/ml/sampling/choose-token.ts';
import { encodeModel } from '#main/ml/onnx/encode.ts';
import { Random } from '#shared/domain/random.ts';
import { specialToken } from '#main/ml/text/vocabulary.ts';
import { buildLossGraph } from '#main/ml/training/gradient-graph.ts';
import { CachedGpt } from '#main/workers/generate/cached-gpt.ts';
import { Session } from '#main/workers/runtime/session.ts';
import {
  randomWeights,
  tinyExample,
  tinyShape,
  tinyShapeInFactors,
  tinyShapeWithFeature,
} from './tiny-gpt.ts';

const compute = { device: 'cpu', threads: 1 } as const;
const random = Random.seeded(5);

/** Σ −log p of the clip, as the training graph sees it. */
async function fullNats(task: GptSequence, shape: GptShape, feeds: object) {
  const { model } = buildLossGraph(gptTask(task, shape, { batch: 1 }));
  const session = await Session.create(model, compute);
  const weights = Object.fromEntries([...randomWeights(shape)].filter(([name]) => model.inputs.has(name)));
  const { nats } = await session.run({ ...weights, ...feeds });
  await session.dispose();
  return Number(nats![0]);
}

const natsAt = (logits: Float32Array, row: number, classes: number, target: number) =>
  -logSoftmax(logits.subarray(row * classes, (row + 1) * classes))[target]!;

/** The same for a video token, factor by factor. */
function videoNatsAt(
  logits: Float32Array,
  row: number,
  { codeFactors, videoLogits }: GptShape,
  token: number,
) {
  const own = logits.subarray(row * videoLogits, (row + 1) * videoLogits);
  let [at, rest, nats] = [0, token, 0];
  for (const size of codeFactors) {
    nats += natsAt(own.subarray(at, at + size), 0, size, rest % size);
    rest = Math.floor(rest / size);
    at += size;
  }
  return nats;
}

const clipCases = [
  { task: 'generate', name: 'words alone', shapeOf: tinyShape },
  { task: 'generate', name: 'with a sentence feature', shapeOf: tinyShapeWithFeature },
  { task: 'generate', name: 'with a codebook in factors', shapeOf: tinyShapeInFactors },
  { task: 'inbetween', name: 'words alone', shapeOf: tinyShape },
  { task: 'loop', name: 'with a sentence feature', shapeOf: tinyShapeWithFeature },
] as const;

/** A clip, what the training graph is fed for it, and what the prefix graph is given beside its text. */
function clipCase(task: (typeof clipCases)[number]['task'], shape: GptShape) {
  const example = tinyExample(shape);
  const options = { batch: 1, random };
  const feature = shape.textFeatures > 0 ? { feature: example.feature } : {};
  if (task === 'generate')
    return {
      example,
      kind: 'generate',
      feeds: generateFeeds([example], shape, options),
      given: feature,
    } as const;
  const loopShare = task === 'loop' ? 1 : 0;
  const condition =
    task === 'loop' ? example.tokens.slice(0, shape.frameTokens) : example.arrival.lastPicture;
  const feeds = conditionedFeeds([example], shape, { ...options, loopShare });
  return { example, kind: 'conditioned', feeds, given: { ...feature, condition } } as const;
}

describe('decoding with a KV cache', () => {
  it.each(clipCases)(
    'equals the full forward pass in raster order: $task, $name',
    async ({ task, shapeOf }) => {
      const shape = shapeOf('raster');
      const { example, kind, feeds, given } = clipCase(task, shape);
      const gpt = await CachedGpt.create(
        randomWeights(shape),
        shape,
        { task, batch: 1, queries: 1 },
        compute,
      );
      let logits = (await gpt.start(example.text, given))!;
      let nats = 0;
      for (let place = 0; place < shape.videoTokens; place++) {
        const token = example.tokens[place]!;
        nats += videoNatsAt(logits, 0, shape, token);
        if (place + 1 === shape.videoTokens) break;
        const reading = await gpt.read(Int32Array.of(token), Int32Array.of(place));
        if (place + 2 < shape.videoTokens) await reading.commit();
        logits = reading.logits;
      }
      await gpt.dispose();
      expect(nats / (await fullNats(kind, shape, feeds))).toBeCloseTo(1, 5);
    },
  );

  it.each(clipCases)(
    'equals the full forward pass in frame order: $task, $name',
    async ({ task, shapeOf }) => {
      const shape = shapeOf('frame');
      const { example, kind, feeds, given } = clipCase(task, shape);
      const { frameTokens } = shape;
      const gpt = await CachedGpt.create(
        randomWeights(shape),
        shape,
        { task, batch: 1, queries: frameTokens },
        compute,
      );
      await gpt.start(example.text, given);
      let nats = 0;
      for (let t = 0; t < shape.grid.T; t++) {
        const places = Int32Array.from({ length: frameTokens }, (_, i) => t * frameTokens + i);
        const part = (name: string) => feeds[name]!.slice(t * frameTokens, (t + 1) * frameTokens);
        const { logits } = await gpt.read(part('masked') as Int32Array, places);
        const [targets, weights] = [part('tokens'), part('weights')];
        for (let i = 0; i < frameTokens; i++)
          nats += weights[i]! * videoNatsAt(logits, i, shape, targets[i]!);
        if (t + 1 < shape.grid.T) await (await gpt.read(targets as Int32Array, places)).commit();
      }
      await gpt.dispose();
      expect(nats / (await fullNats(kind, shape, feeds))).toBeCloseTo(1, 5);
    },
  );

  it.each(['frame', 'raster'] as const)('equals the full forward pass for captions (%s)', async (order) => {
    const shape = tinyShape(order);
    const example = tinyExample(shape);
    const gpt = await CachedGpt.create(
      randomWeights(shape),
      shape,
      { task: 'caption', batch: 1, queries: 1 },
      compute,
    );
    await gpt.start(example.tokens);
    let nats = 0;
    let read: number = specialToken.start;
    for (const [place, target] of example.text.entries()) {
      if (target === specialToken.pad) break;
      const reading = await gpt.read(Int32Array.of(read), Int32Array.of(place));
      await reading.commit();
      nats += natsAt(reading.logits, 0, shape.textVocabulary, target);
      read = target;
    }
    await gpt.dispose();
    const expected = await fullNats('caption', shape, captionFeeds([example], shape, { batch: 1, random }));
    expect(nats / expected).toBeCloseTo(1, 5);
  });

  it('computes less while the clip is short, and gives what it gives with the whole cache', async () => {
    const shape = tinyShape('frame');
    const options = { kind: 'video', batch: 1, queries: shape.frameTokens } as const;
    const graph = (capacity: number) =>
      continuationGraph(randomWeights(shape), shape, { ...options, capacity });
    // Capacities at the latent frames: the prefix, and a frame more each time.
    const prefix = prefixLength('generate', shape);
    const lengths = Array.from({ length: shape.grid.T }, (_, t) => prefix + t * shape.frameTokens);
    const whole = matmulFlops(graph(lengths.at(-1)!));
    const flops = lengths.map((length) => matmulFlops(graph(length)));
    expect(flops.at(-1)).toBe(whole);
    expect(flops).toEqual(flops.toSorted((a, b) => a - b));
    const { depth, width, frameTokens } = shape;
    // Two products over the keys that are not there, in every block.
    expect(whole - flops[0]!).toBe(4 * depth * width * frameTokens * (lengths.at(-1)! - prefix));

    const model = encodeModel(graph(lengths.at(-1)!));
    const session = await Session.create(model, compute);
    const cache = (places: number) => {
      const random = Random.seeded(8);
      const sizes = { rows: shape.heads, width: width / shape.heads };
      const feeds: Record<string, Float32Array> = {
        mask: new Float32Array(places).fill(-1e9).fill(0, 0, prefix),
      };
      for (const name of [0, 1].flatMap((block) => [`k.${block}`, `v.${block}`])) {
        feeds[name] = new Float32Array(sizes.rows * places * sizes.width);
        for (let row = 0; row < sizes.rows; row++)
          for (let i = 0; i < prefix * sizes.width; i++)
            feeds[name][row * places * sizes.width + i] = random.normal();
      }
      return feeds;
    };
    const tokens = Int32Array.from({ length: frameTokens }, (_, i) => i);
    const read = async (places: number) => {
      const outputs = await session.run({ tokens, places: tokens, ...cache(places) });
      return [...(outputs['logits'] as Float32Array)];
    };
    const [short, long] = [await read(prefix), await read(lengths.at(-1)!)];
    short.forEach((logit, i) => expect(logit).toBeCloseTo(long[i]!, 5));
    await session.dispose();
  });

  it('does not see what the cache has not been given', async () => {
    const shape = tinyShape('frame');
    const options = { kind: 'video', batch: 1, queries: 1, capacity: 3 } as const;
    const model = encodeModel(continuationGraph(randomWeights(shape), shape, options));
    const session = await Session.create(model, compute);
    const run = async (rubbish: number) => {
      const feeds = Object.fromEntries(
        [...model.inputs].map(([name, { dtype, shape: sizes }]) => {
          const length = sizes.reduce((product, size) => product * size, 1);
          if (dtype === 'int32') return [name, new Int32Array(length)];
          return [name, new Float32Array(length).fill(name === 'mask' ? -1e9 : rubbish)];
        }),
      );
      return [...((await session.run(feeds))['logits'] as Float32Array)];
    };
    expect(await run(7)).toEqual(await run(-3));
    await session.dispose();
  });
});
