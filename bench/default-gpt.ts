/** The GPT of the default settings, and clips of random tokens for it. */
import type { GptExample } from '#main/ml/gpt/batches.ts';
import { gptShape, type GptShape } from '#main/ml/gpt/shape.ts';
import type { Random } from '#shared/domain/random.ts';
import { firstByte, specialToken } from '#main/ml/text/vocabulary.ts';
import { trainingConfig, type GptConfig } from '#shared/domain/training-config.ts';

export function defaultGptShape(order: GptConfig['order']): GptShape {
  const { gpt, tokenizer, window } = trainingConfig.parse({});
  return gptShape({ ...gpt.model, order }, tokenizer.model, window, gpt.model.textVocabulary);
}

export function randomExample(shape: GptShape, random: Random): GptExample & { text: Int32Array } {
  const text = new Int32Array(shape.textLength).fill(specialToken.pad);
  for (let i = 0; i < 8; i++) text[i] = firstByte + random.integer(256);
  text[8] = specialToken.end;
  return { text, tokens: Int32Array.from({ length: shape.videoTokens }, () => random.integer(shape.codes)) };
}
