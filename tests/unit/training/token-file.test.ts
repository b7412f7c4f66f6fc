import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TokenFile } from '#main/workers/train/token-file.ts';
import { temporaryFolder } from '../../fixtures/temporary-folder.ts';

const records = { count: 5, length: 320 };
const tokensOf = (record: number) => Int32Array.from({ length: records.length }, (_, i) => record * 1000 + i);

async function written(): Promise<string> {
  const path = join(temporaryFolder(), 'tokens', 'a.tokens');
  await TokenFile.write(path, records, async (record) => tokensOf(record));
  return path;
}

test('every clip is read back from its place, in any order and at once', async () => {
  const file = (await TokenFile.open(await written(), records))!;
  const order = [3, 0, 4, 1, 2, 3];
  expect(await Promise.all(order.map((record) => file.read(record)))).toEqual(order.map(tokensOf));
  await expect(file.read(5)).rejects.toThrow('no tokens of clip 5');
  await file.close();
});

test.each([
  ['is missing', async (path: string) => writeFile(path, '')],
  ['was cut short', async (path: string) => truncate(path, 100)],
  ['has a flipped bit', flipBit],
])('a file that %s is not used', async (_, damage) => {
  const path = await written();
  await damage(path);
  expect(await TokenFile.open(path, records)).toBeNull();
});

test('tokens of another number of clips are not used; there is none before it is written', async () => {
  const path = await written();
  expect(await TokenFile.open(path, { ...records, count: 4 })).toBeNull();
  expect(await TokenFile.open(`${path}.none`, records)).toBeNull();
});

test('when a clip cannot be encoded, nothing is left behind', async () => {
  const folder = temporaryFolder();
  const fails = TokenFile.write(join(folder, 'a.tokens'), records, async (record) => {
    if (record === 3) throw new Error('no such clip');
    return tokensOf(record);
  });
  await expect(fails).rejects.toThrow('no such clip');
  expect(await readdir(folder)).toEqual([]);
});

async function flipBit(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[4000]! ^= 1;
  await writeFile(path, bytes);
}
