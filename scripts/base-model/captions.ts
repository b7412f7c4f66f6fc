/** Captions of clips in English and Chinese, in several phrasings, from names, tags, backgrounds and motions. */
import { createHash } from 'node:crypto';
import type { Random } from '#shared/domain/random.ts';
import type { AnimatedEmoji } from '../emoji/catalogue.ts';
import { isGradient, type Background } from './backgrounds.ts';
import type { Motion, Shape } from './motion.ts';

export type Language = 'en' | 'zh';

/** Share of captions that name the background. */
const NAMES_BACKGROUND = 0.5;
/** Every so many tags is kept out of all captions: prompts with these words test what the model makes of unseen wording. */
const TAGS_PER_UNSEEN = 6;

export function emojiCaption(
  emoji: AnimatedEmoji,
  background: Background,
  language: Language,
  random: Random,
): string {
  return language === 'zh' && emoji.zh
    ? chinese(emoji, background, random)
    : english(emoji, background, random);
}

/** Whether a tag is never written into a caption. */
export function isUnseenTag(tag: string): boolean {
  return createHash('sha256').update(`unseen ${tag}`).digest().readUInt32LE() % TAGS_PER_UNSEEN === 0;
}

/** Animals and plants, food, travel, activities, objects: things that take an article. */
const COUNTABLE = new Set([3, 4, 5, 6, 7]);

function english({ en, category }: AnimatedEmoji, background: Background, random: Random): string {
  const { label } = en;
  const named = COUNTABLE.has(category) ? `${article(label)} ${label}` : label;
  const tags = freshTags(en, random);
  const forms = [
    () => label,
    () => named,
    () => named,
    () => `animated ${label}`,
    () => `${label} emoji`,
    () => `3D ${label}`,
    () => [label, ...tags.slice(0, 1)].join(', '),
    () => [label, ...tags.slice(0, 2)].join(', '),
    () => [...tags.slice(0, 1), label].join(', '),
  ];
  const text = forms[random.integer(forms.length)]!();
  if (random.uniform() >= NAMES_BACKGROUND) return text;
  return `${text}${pick([' on', ', '], random)} ${backgroundEn(background)}`.replace(',  ', ', ');
}

function chinese({ zh }: AnimatedEmoji, background: Background, random: Random): string {
  const { label } = zh!;
  const tags = freshTags(zh!, random);
  const forms = [
    () => label,
    () => label,
    () => `会动的${label}`,
    () => `${label}动画`,
    () => `${label}表情`,
    () => [label, ...tags.slice(0, 1)].join('，'),
    () => [label, ...tags.slice(0, 2)].join('，'),
    () => [...tags.slice(0, 1), label].join('，'),
  ];
  const text = forms[random.integer(forms.length)]!();
  if (random.uniform() >= NAMES_BACKGROUND) return text;
  return random.uniform() < 0.5
    ? `${text}，${backgroundZh(background)}`
    : `${backgroundZh(background)}上的${text}`;
}

export function motionCaption(
  subject: Record<Language, string>,
  motion: Motion,
  background: Background,
  language: Language,
  random: Random,
): string {
  const named = random.uniform() < NAMES_BACKGROUND;
  if (language === 'zh') {
    const text = `${subject.zh}${motion.zh}`;
    return named ? `${text}，${backgroundZh(background)}` : text;
  }
  const text = `${subject.en} ${motion.en}`;
  return named ? `${text} on ${backgroundEn(background)}` : text;
}

export function shapeSubject(shape: Shape, colour: { en: string; zh: string }): Record<Language, string> {
  return { en: `${article(colour.en)} ${colour.en} ${shape.en}`, zh: `${colour.zh}的${shape.zh}` };
}

/** Tags that add a word, in random order, without those that are kept for testing. */
function freshTags({ label, tags }: { label: string; tags: string[] }, random: Random): string[] {
  const known = label.toLowerCase();
  return random.shuffle(tags.filter((tag) => !known.includes(tag.toLowerCase()) && !isUnseenTag(tag)));
}

const backgroundEn = (background: Background) =>
  isGradient(background)
    ? `${article(background.colour.en)} ${background.colour.en} gradient`
    : `${article(background.colour.en)} ${background.colour.en} background`;
const backgroundZh = (background: Background) =>
  `${background.colour.zh}${isGradient(background) ? '渐变' : ''}背景`;

const article = (noun: string) => (/^[aeiou]/i.test(noun) ? 'an' : 'a');
const pick = <T>(choices: readonly T[], random: Random): T => choices[random.integer(choices.length)]!;
