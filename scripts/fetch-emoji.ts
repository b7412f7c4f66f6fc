/**
 * Fetches animated emoji to train on: packages come by `npm pack` into a cache, a selection is copied out with captions.
 * From the command line: node scripts/fetch-emoji.ts --count 64 --out <folder>
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { z } from 'zod';
import { emojiPackages, fetchPackage, namesPackage } from './emoji/packages.ts';

const emojiNames = z.array(
  z.object({ hexcode: z.string(), label: z.string(), tags: z.array(z.string()).default([]) }),
);
type EmojiName = z.output<typeof emojiNames>[number];

interface Emoji extends EmojiName {
  path: string;
}

const TAGS_IN_CAPTION = 2;

export interface FetchRequest {
  count: number;
  outputFolder: string;
  /** Told what is under way, in a sentence. */
  say?: (sentence: string) => void;
}

/**
 * Writes `count` emoji as `<name>.webp` with `<name>.txt` into the folder and returns the paths of the pictures. The same
 * count gives the same emoji, and a larger count contains a smaller one. A copy in the cache is used without the network.
 */
export async function fetchEmoji({ count, outputFolder, say = () => {} }: FetchRequest): Promise<string[]> {
  const names = await readNames(join(await fetchPackage(namesPackage, say), 'en', 'data.json'));
  const chosen: Emoji[] = [];
  for (const source of emojiPackages) {
    if (chosen.length >= count) break;
    const assets = join(await fetchPackage(source, say), 'assets');
    chosen.push(...(await animatedEmoji(assets, names, count - chosen.length)));
  }
  if (chosen.length < count) throw new Error(`There are only ${chosen.length} animated emoji, not ${count}`);

  await mkdir(outputFolder, { recursive: true });
  const written: string[] = [];
  for (const emoji of chosen) {
    const base = join(outputFolder, emoji.label.replace(/[^\p{L}\p{N}]+/gu, '-').toLowerCase());
    await copyFile(emoji.path, `${base}.webp`);
    await writeFile(`${base}.txt`, `${caption(emoji)}\n`);
    written.push(`${base}.webp`);
  }
  return written;
}

/** `penguin, animal, bird`: the name and the first tags that add a word to it. */
function caption({ label, tags }: EmojiName): string {
  const fresh = tags.filter((tag) => !label.includes(tag));
  return [label, ...fresh.slice(0, TAGS_IN_CAPTION)].join(', ');
}

/** Keys are code points without variation selectors, since the two packages disagree about those. */
const keyOf = (hexcode: string) => hexcode.toLowerCase().replace(/-fe0f/g, '');

async function readNames(path: string): Promise<Map<string, EmojiName>> {
  const entries = emojiNames.parse(JSON.parse(await readFile(path, 'utf8')));
  return new Map(entries.map((entry) => [keyOf(entry.hexcode), entry]));
}

/** At most `count` of a folder, in an order that mixes animals, faces and things but is always the same. */
async function animatedEmoji(
  folder: string,
  names: ReadonlyMap<string, EmojiName>,
  count: number,
): Promise<Emoji[]> {
  const order = (key: string) => createHash('sha256').update(key).digest('hex');
  const keys = (await readdir(folder))
    .filter((file) => file.endsWith('.webp'))
    .map((file) => ({ file, key: keyOf(file.slice(0, -'.webp'.length)) }))
    // Skin tones repeat one drawing in five colours; joined sequences repeat people in many jobs.
    .filter(({ key }) => names.has(key) && !/1f3f[b-f]|200d/.test(key))
    .sort((a, b) => (order(a.key) < order(b.key) ? -1 : 1));
  const chosen: Emoji[] = [];
  for (const { file, key } of keys) {
    if (chosen.length >= count) break;
    const path = join(folder, file);
    // Flags and some others stand still.
    const { pages = 1 } = await sharp(path, { animated: true }).metadata();
    if (pages > 1) chosen.push({ ...names.get(key)!, path });
  }
  return chosen;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { count: { type: 'string', default: '64' }, out: { type: 'string', default: 'emoji' } },
  });
  const count = Number(values.count);
  if (!Number.isInteger(count) || count < 1) throw new Error('--count wants a number of at least 1');
  const written = await fetchEmoji({ count, outputFolder: values.out, say: console.log });
  console.log(`${written.length} animated emoji with captions are in ${values.out}`);
}
