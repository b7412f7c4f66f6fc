/** A GPT small enough for tests: 3 latent frames of 2×2 tokens, 11 codes, weights that make every part matter. */
import type { GptConfig } from '#shared/domain/training-config.ts';
import { gptParameters } from '#main/ml/gpt/parameters.ts';
import { gptShape, type GptShape } from '#main/ml/gpt/shape.ts';
import { Random } from '#shared/domain/random.ts';
import { firstByte, specialToken } from '#main/ml/text/vocabulary.ts';

export function tinyShape(order: GptConfig['order']): GptShape {
  return gptShape(
    { order, width: 32, heads: 2, depth: 2, textLength: 6, textVocabulary: 300, textFeatures: 0 },
    { strideT: 4, strideS: 8, levels: [11] },
    { frames: 9, size: 16 },
    264,
  );
}

/** The same, reading a sentence feature too. */
export function tinyShapeWithFeature(order: GptConfig['order']): GptShape {
  return { ...tinyShape(order), textFeatures: 5 };
}

/** With a codebook that is predicted in two factors. */
export function tinyShapeInFactors(order: GptConfig['order']): GptShape {
  const factors = { codes: 33 * 35, codeFactors: [33, 35], videoLogits: 33 + 35 };
  return { ...tinyShape(order), ...factors };
}

/** Unlike the start values, none are zero: blocks do something. */
export function randomWeights(shape: GptShape): Map<string, Float32Array> {
  const random = Random.seeded(3, 'weights');
  const weights = gptParameters(shape).initialise(1);
  for (const [name, values] of weights) {
    weights.set(
      name,
      values.map(() => 0.3 * random.normal() + (name.includes('orm') ? 1 : 0)),
    );
  }
  return weights;
}

export function tinyExample(shape: GptShape, seed = 4) {
  const random = Random.seeded(seed, 'example');
  const words = Array.from({ length: 4 }, () => firstByte + random.integer(256));
  return {
    tokens: Int32Array.from({ length: shape.videoTokens }, () => random.integer(shape.codes)),
    text: Int32Array.of(...words, specialToken.end, specialToken.pad),
    feature: Float32Array.from({ length: shape.textFeatures }, () => random.normal()),
    arrival: {
      lastPicture: Int32Array.from({ length: shape.frameTokens }, () => random.integer(shape.codes)),
      closesLoop: true,
    },
  };
}
