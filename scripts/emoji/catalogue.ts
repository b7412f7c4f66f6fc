/** All animated emoji of the packages, with their names in English and Chinese and the concept that each is a variant of. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { z } from 'zod';
import { emojiPackages, fetchPackage, namesPackage } from './packages.ts';

export interface EmojiName {
  label: string;
  tags: string[];
}

export interface AnimatedEmoji {
  /** Code points, lower-case hex joined by dashes, without variation selectors. */
  key: string;
  path: string;
  en: EmojiName;
  /** Null where the package has no Chinese name. */
  zh: EmojiName | null;
  /** A number of emojibase: 0 smileys, 1 people, 3 animals and plants, 4 food, 5 travel, 6 activities, 7 objects, 8 symbols. */
  category: number;
  hasSkinTone: boolean;
  /** The same for skin tones, genders and other variants of one drawing. */
  concept: string;
}

const skin = z.object({ label: z.string(), hexcode: z.string() });
const entries = z.array(
  skin.extend({
    tags: z.array(z.string()).default([]),
    group: z.number().optional(),
    skins: z.array(skin).optional(),
  }),
);
type Named = EmojiName & { category: number };

/** Reads every emoji that moves, sorted by key. Fetches the packages when they are not in the cache. */
export async function readAnimatedEmoji(say: (sentence: string) => void): Promise<AnimatedEmoji[]> {
  const names = await fetchPackage(namesPackage, say);
  const english = await readNames(join(names, 'en', 'data.json'));
  const chinese = await readNames(join(names, 'zh', 'data.json'));
  const found: AnimatedEmoji[] = [];
  for (const source of emojiPackages) {
    const folder = join(await fetchPackage(source, say), 'assets');
    for (const file of await readdir(folder)) {
      const key = keyOf(file.slice(0, -'.webp'.length));
      const en = english.get(key);
      if (!file.endsWith('.webp') || !en || !(await isAnimated(join(folder, file)))) continue;
      const { label, tags, category } = en;
      const path = join(folder, file);
      const hasSkinTone = SKIN_TONE.test(key);
      const concept = conceptOf(key, label);
      found.push({
        key,
        path,
        en: { label, tags },
        zh: chinese.get(key) ?? null,
        category,
        hasSkinTone,
        concept,
      });
    }
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The packages disagree about variation selectors. */
const keyOf = (hexcode: string) => hexcode.toLowerCase().replace(/-fe0f/g, '');

const SKIN_TONE = /1f3f[b-f]/;
const PERSON_WORDS = /\b(?:man|woman|person|men|women|people|boy|girl|mrs|mr|mx|prince|princess)\b/g;

/**
 * "woman running: dark skin tone" and "person running" are one concept. Where nothing but a person is left of the name,
 * the code points decide.
 */
function conceptOf(key: string, label: string): string {
  const plain = label.replace(/:.*/, '').toLowerCase();
  const rest = plain.replace(PERSON_WORDS, '').replace(/\s+/g, ' ').trim();
  if (rest && rest !== plain) return rest;
  if (rest) return plain;
  return key.replace(/-?1f3f[b-f]/g, '').replace(/-200d-264[02]/g, '') || plain;
}

async function readNames(path: string): Promise<Map<string, Named>> {
  const named = new Map<string, Named>();
  for (const { label, hexcode, tags, group = -1, skins = [] } of entries.parse(
    JSON.parse(await readFile(path, 'utf8')),
  )) {
    for (const variant of [{ label, hexcode }, ...skins]) {
      named.set(keyOf(variant.hexcode), { label: variant.label, tags, category: group });
    }
  }
  return named;
}

/** Flags and some others stand still. */
const isAnimated = async (path: string) =>
  ((await sharp(path, { animated: true }).metadata()).pages ?? 1) > 1;
