/** The text encoder gives the vectors of Python's ONNX Runtime (tests/golden/text_encoder.py), knows what means alike, and is not run damaged. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resourcesFolder } from '#main/engine/app-paths.ts';
import { readTextEncoderFiles } from '#main/workers/runtime/text-encoder-files.ts';
import { openSentenceEncoder, type SentenceEncoder } from '#main/workers/runtime/text-encoder.ts';

const golden = JSON.parse(
  await readFile(new URL('../../golden/text-encoder.json', import.meta.url), 'utf8'),
) as { text: string; vector: number[] }[];

let encoder: SentenceEncoder;
beforeAll(async () => {
  encoder = await openSentenceEncoder(2);
});
afterAll(() => encoder.dispose());

/** Cosine, for vectors of length 1. */
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
const likeness = async (a: string, b: string) => dot(await encoder.encode(a), await encoder.encode(b));

describe('the text encoder', () => {
  it.each(golden)('gives the vector of Python: $text', async ({ text, vector }) => {
    const ours = await encoder.encode(text);
    expect(ours).toHaveLength(encoder.size);
    expect(Math.sqrt(dot(ours, ours))).toBeCloseTo(1, 6);
    expect(dot(ours, vector)).toBeGreaterThan(0.9999);
  });

  it.each([
    ['a small dog', 'puppy', 'airplane'],
    ['the crimson ball floats upwards', 'a red balloon rises', 'a blue square turns left'],
    ['spaceship', 'rocket', 'carrot'],
    ['a joyful face', 'grinning', 'crying'],
    ['automobile', 'car', 'cat'],
  ])('“%s” is nearer to “%s” than to “%s”', async (text, near, far) => {
    expect(await likeness(text, near)).toBeGreaterThan((await likeness(text, far)) + 0.1);
  });

  it('gives the same bits whatever came before', async () => {
    const before = await encoder.encode('a small dog');
    await encoder.encode('an airplane in the evening sky');
    expect(await encoder.encode('a small dog')).toEqual(before);
  });

  it.each(['', ' \n', '一只小狗', 'a small 狗', '犬が走る'])('knows nothing of “%s”', async (text) => {
    expect(await encoder.encode(text)).toEqual(new Float32Array(encoder.size));
  });
});

describe('its files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reelwright-text-encoder-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const damages: [string, (copy: string) => Promise<void>, string][] = [
    ['a missing model', (copy) => rm(join(copy, 'model.onnx')), 'model.onnx'],
    ['a model that broke off', (copy) => writeFile(join(copy, 'model.onnx'), 'half'), 'model.onnx'],
    [
      'a changed vocabulary',
      (copy) => writeFile(join(copy, 'vocabulary.txt'), '[UNK]\n[CLS]\n[SEP]\n'),
      'vocabulary',
    ],
    ['a manifest of something else', (copy) => writeFile(join(copy, 'manifest.json'), '{}'), 'files'],
    ['no manifest', (copy) => rm(join(copy, 'manifest.json')), 'manifest.json'],
  ];
  it.each(damages)('%s is told, with what to do', async (name, damage, detail) => {
    const copy = join(folder, name);
    await cp(join(resourcesFolder, 'text-encoder'), copy, { recursive: true });
    await damage(copy);
    const error = await readTextEncoderFiles(copy).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'text-encoder-damaged' });
    expect((error as Error).message).toContain(detail);
    expect((error as Error).message).toContain('node scripts/fetch-text-encoder.ts');
  });
});
