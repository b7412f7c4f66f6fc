/** Sampling gives, for a seed, the tokens that it has always given, alone and beside other takes. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gptParameters } from '#main/ml/gpt/parameters.ts';
import { gptShape, type GptShape } from '#main/ml/gpt/shape.ts';
import { firstByte, specialToken } from '#main/ml/text/vocabulary.ts';
import {
  type KnownTokens,
  type SamplingRequest,
  VideoSampler,
} from '#main/workers/generate/video-sampler.ts';
import { gptConfig, type GptConfig } from '#shared/domain/training-config.ts';
import { Random } from '#shared/domain/random.ts';

interface Sampled {
  order: GptConfig['order'];
  guidance: number;
  seed: number;
  tokens: number[];
}

/** Written down before the takes of a batch shared anything, and before the cache grew with the clip. */
const known = JSON.parse(
  readFileSync(new URL('../../golden/sampled-tokens.json', import.meta.url), 'utf8'),
) as Sampled[];

const settings = { temperature: 1, topP: 0.95, steps: 5 };
const words = [1, 22, 133, 244].map((byte) => firstByte + byte);
const text = Int32Array.of(...words, specialToken.end, specialToken.pad);

/** 3 latent frames of 4×4 tokens, 75 codes. */
function shapeOf(order: GptConfig['order'], textFeatures = 0): GptShape {
  const size = { width: 32, heads: 2, depth: 2 };
  const model = gptConfig.parse({ order, ...size, textLength: 6, textVocabulary: 300, textFeatures });
  return gptShape(model, { strideT: 4, strideS: 8, levels: [5, 5, 3] }, { frames: 9, size: 32 }, 264);
}

/** Each parameter has a source of its own: one that is added changes none of the others. */
function weightsOf(shape: GptShape): Map<string, Float32Array> {
  const weights = gptParameters(shape).initialise(1);
  for (const [name, values] of weights) {
    const random = Random.seeded(3, name);
    const shift = name.includes('orm') ? 1 : 0;
    weights.set(
      name,
      values.map(() => 0.3 * random.normal() + shift),
    );
  }
  return weights;
}

/** Tokens of each take. */
async function sample(
  order: GptConfig['order'],
  { feature, ...request }: Omit<SamplingRequest, 'prompt'> & { feature?: Float32Array },
  known: KnownTokens = {},
): Promise<number[][]> {
  const shape = shapeOf(order, feature?.length);
  const compute = { device: 'cpu', threads: 1 } as const;
  const prompt = { text, ...(feature && { feature }) };
  const sampler = await VideoSampler.create(weightsOf(shape), shape, { prompt, ...request }, compute);
  const takes = request.seeds.map((): number[] => []);
  for await (const frames of sampler.frames(known))
    frames.forEach(({ tokens }, i) => takes[i]!.push(...tokens));
  await sampler.dispose();
  return takes;
}

describe.each(['frame', 'raster'] as const)('sampling in %s order', (order) => {
  it.each([1, 3])('gives each seed its tokens, alone and beside others (guidance %d)', async (guidance) => {
    const expected = known.filter((one) => one.order === order && one.guidance === guidance);
    expect(expected).toHaveLength(3);
    const seeds = expected.map(({ seed }) => seed);
    const steered = { ...settings, guidance };
    expect(await sample(order, { settings: steered, seeds })).toEqual(expected.map(({ tokens }) => tokens));
    expect(await sample(order, { settings: steered, seeds: seeds.slice(1, 2) })).toEqual([
      expected[1]!.tokens,
    ]);
  });

  it.each([1, 3])('reads the sentence feature of a prompt (guidance %d)', async (guidance) => {
    const steered = { ...settings, guidance };
    const random = Random.seeded(1, 'feature');
    const feature = Float32Array.from({ length: 384 }, () => random.normal() / Math.sqrt(384));
    const ofFeature = (values: Float32Array, seeds: number[]) =>
      sample(order, { settings: steered, seeds, feature: values });
    const [first, second] = await ofFeature(feature, [7, 8]);
    expect(await ofFeature(feature, [8])).toEqual([second]);
    expect(
      await ofFeature(
        feature.map((value) => -value),
        [7],
      ),
    ).not.toEqual([first]);
    expect(await ofFeature(new Float32Array(384), [7])).not.toEqual([first]);
  });
});

describe.each(['frame', 'raster'] as const)('what is known of a clip (%s order)', (order) => {
  const shape = shapeOf(order);
  const greedy = { ...settings, temperature: 0, guidance: 3 };
  const one = { settings: greedy, seeds: [1] };

  it('is read as if it had been sampled: the rest comes out the same', async () => {
    const [whole] = await sample(order, one);
    const known = new Int32Array(shape.videoTokens).fill(shape.codes);
    known.set(whole!.slice(0, 2 * shape.frameTokens));
    expect(await sample(order, one, { known: [known] })).toEqual([whole]);
    known[0] = (known[0]! + 1) % shape.codes;
    const [other] = await sample(order, one, { known: [known] });
    expect(other!.slice(0, 2 * shape.frameTokens)).toEqual([...known.slice(0, 2 * shape.frameTokens)]);
    expect(other).not.toEqual(whole);
  });

  it('stays in the middle of a latent frame, and differs from take to take', async () => {
    const takes = [3, 4].map((token) =>
      Int32Array.from({ length: shape.videoTokens }, (_, i) => (i % 3 === 0 ? shape.codes : token)),
    );
    const request = { settings: { ...settings, guidance: 1 }, seeds: [1, 2] };
    const made = await sample(order, request, { known: takes });
    takes.forEach((known, take) =>
      known.forEach((token, i) => {
        if (token !== shape.codes) expect(made[take]![i]).toBe(token);
        else expect(made[take]![i]).toBeLessThan(shape.codes);
      }),
    );
    const alone = { ...request, seeds: [2] };
    expect(await sample(order, alone, { known: takes.slice(1) })).toEqual(made.slice(1));
  });

  it('holds the picture at which each take arrives, shared or its own', async () => {
    const pictures = [5, 6].map((token) => new Int32Array(shape.frameTokens).fill(token));
    const request = { ...one, seeds: [1, 2], task: 'inbetween' as const };
    const own = await sample(order, { ...request, conditions: pictures });
    const shared = await sample(order, { ...request, conditions: pictures.slice(0, 1) });
    expect(shared[0]).toEqual(own[0]);
    expect(shared[1]).not.toEqual(own[1]);
    const alone = { ...request, seeds: [2], conditions: pictures.slice(1) };
    expect(await sample(order, alone)).toEqual(own.slice(1));
  });

  it('draws other numbers in the next window', async () => {
    const request = { ...one, settings: { ...settings, guidance: 1 } };
    const [first] = await sample(order, request);
    expect(await sample(order, request, { window: 0 })).toEqual([first]);
    expect(await sample(order, request, { window: 1 })).not.toEqual([first]);
  });
});
