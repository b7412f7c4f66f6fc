/**
 * Writes the data of the base model for programs in other languages: node bench/baseline/export-data.ts DATA OUT
 * DATA is what scripts/base-model/make-data.ts has made. OUT gets `meta.json` (sizes, vocabulary), and for `train` and `test`
 * each `<part>.u8` (clips, frames in order, RGB 0 … 255) and `<part>-text.i32` (tokens of captions, little-endian).
 */
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { resolveTools } from '#main/engine/media/tools.ts';
import { BytePairEncoding } from '#main/ml/text/byte-pair-encoding.ts';
import { readSnapshot } from '#main/workers/runtime/read-snapshot.ts';
import { createWindowCache } from '#main/workers/runtime/window-cache.ts';

const TEXT_LENGTH = 32;
const TEXT_VOCABULARY = 2048;
const window = { frames: 17, size: 64 };

const [data, out] = process.argv.slice(2);
if (data === undefined || out === undefined) throw new Error('node bench/baseline/export-data.ts DATA OUT');
const { members } = await readSnapshot(join(data, 'snapshot.json'));
const windows = createWindowCache(
  join(data, 'cache'),
  window,
  await resolveTools({ ffmpegPath: '', ffprobePath: '' }),
);
const captions = members.filter(({ split }) => split === 'train').map(({ caption }) => caption);
const encoding = BytePairEncoding.train(captions, TEXT_VOCABULARY);

await mkdir(out, { recursive: true });
const counts: Record<string, number> = {};
for (const part of ['train', 'test'] as const) {
  const clips = members.filter(({ split }) => split === part);
  counts[part] = clips.length;
  async function* pixels() {
    for (const clip of clips) yield await windows.read(clip);
  }
  await pipeline(Readable.from(pixels()), createWriteStream(join(out, `${part}.u8`)));
  const text = Int32Array.from(
    clips.flatMap(({ caption }) => [...encoding.encodePrompt(caption, TEXT_LENGTH)]),
  );
  await writeFile(join(out, `${part}-text.i32`), new Uint8Array(text.buffer));
}
await writeFile(
  join(out, 'meta.json'),
  JSON.stringify({ ...window, ...counts, textLength: TEXT_LENGTH, textVocabulary: encoding.vocabulary }),
);
console.log(counts);
