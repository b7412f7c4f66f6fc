/** What a GPT reads of prompts: words for all models, a sentence feature for those that want one. */
import { expect, test } from 'vitest';
import { BytePairEncoding } from '#main/ml/text/byte-pair-encoding.ts';
import { gptShape } from '#main/ml/gpt/shape.ts';
import { openSentenceEncoder } from '#main/workers/runtime/text-encoder.ts';
import { PromptReader } from '#main/workers/runtime/prompt-reader.ts';
import { untrainedConfig } from '../gpt/untrained-run.ts';

const textEncoding = BytePairEncoding.train(['a turtle walks'], 300);

function readerFor(textFeatures: number): PromptReader {
  const { gpt, tokenizer, window } = untrainedConfig('frame', textFeatures);
  return new PromptReader(textEncoding, gptShape(gpt.model, tokenizer.model, window, 300), 1);
}

test('a model without features reads words alone', async () => {
  const text = textEncoding.encodePrompt('a turtle', 8);
  expect(await readerFor(0).read('a turtle')).toEqual({ text });
});

test('a model with features reads that of the sentence, or zeros where the text encoder knows nothing', async () => {
  const encoder = await openSentenceEncoder(1);
  const reader = readerFor(384);
  for (const prompt of ['一只小狗', '', 'a turtle']) {
    const { text, feature } = await reader.read(prompt);
    expect(text).toEqual(textEncoding.encodePrompt(prompt, 8));
    expect(feature).toEqual(await encoder.encode(prompt));
  }
  await reader.dispose();
  await encoder.dispose();
});
