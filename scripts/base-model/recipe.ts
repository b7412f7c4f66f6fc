/** Which clips the base model learns from: emoji and shapes, each with its background, timing, caption and part. */
import { createHash } from 'node:crypto';
import type { SplitName } from '#shared/contract/common.ts';
import { groupClips } from '#shared/domain/near-duplicates.ts';
import { Random } from '#shared/domain/random.ts';
import { assignSplits } from '#shared/domain/split.ts';
import type { AnimatedEmoji } from '../emoji/catalogue.ts';
import { colours, drawBackground, plainWhite, type Background, type Colour } from './backgrounds.ts';
import { emojiCaption, motionCaption, shapeSubject } from './captions.ts';
import { motions, shapes, type Motion, type Shape } from './motion.ts';

const SEED = 20261125;

/** Of each emoji without a skin tone; the first lies still in the middle of a white picture. */
const VARIANTS = 8;
const HELD_OUT_VARIANTS = 2;
const EMOJI_IN_MOTION = 400;
const SHAPES_IN_MOTION = 1200;

/** What is common to all clips of the recipe. */
interface ClipPlan {
  /** Names the clip and seeds what is random about it. */
  name: string;
  caption: string;
  split: SplitName;
  background: Background;
}

export interface EmojiPlan extends ClipPlan {
  kind: 'emoji';
  emoji: AnimatedEmoji;
  mirrored: boolean;
  /** Where the loop begins, and how much of it is seen: 0 … 1. */
  phase: number;
  extent: number;
  /** Share of the picture's side that it fills. */
  side: number;
  x: number;
  y: number;
  motion: Motion | null;
}

export interface ShapePlan extends ClipPlan {
  kind: 'shape';
  shape: Shape;
  colour: Colour;
  motion: Motion;
  radius: number;
}

export type Plan = EmojiPlan | ShapePlan;

/** The same for clips that show the same thing, whatever their captions call it: what retrieval must not tell apart. */
export function groupOf(plan: Plan): string {
  if (plan.kind === 'emoji') return plan.emoji.concept;
  return [plan.shape, plan.colour, plan.motion].map(({ en }) => en).join(' ');
}

/** `hashes`: perceptual hashes of the frames of each emoji, so that look-alikes with different names stay together. */
export function divideEmoji(
  emoji: readonly AnimatedEmoji[],
  hashes: ReadonlyMap<string, readonly string[]>,
): Map<string, SplitName> {
  const groups = groupClips(
    emoji.map(({ key, concept }) => ({ id: key, assetId: concept, perceptualHashes: hashes.get(key) ?? [] })),
  );
  const weighted = [...new Set(groups.values())].map((id) => ({ id, weight: 1 }));
  const parts = assignSplits({ groups: weighted, ratio: { train: 88, val: 4, test: 8 }, seed: SEED });
  return new Map(emoji.map(({ key }) => [key, parts.get(groups.get(key)!)!]));
}

/** All clips of the recipe, always the same. */
export function planClips(emoji: readonly AnimatedEmoji[], splitOf: ReadonlyMap<string, SplitName>): Plan[] {
  const plans: Plan[] = [];
  for (const one of emoji) {
    const split = splitOf.get(one.key)!;
    const count =
      split === 'train' ? (one.hasSkinTone ? 1 : VARIANTS) : one.hasSkinTone ? 0 : HELD_OUT_VARIANTS;
    for (let variant = 0; variant < count; variant++)
      plans.push(planEmoji(one, split, `${variant}`, variant));
  }
  return [...plans, ...planEmojiInMotion(emoji, splitOf), ...planShapes()];
}

/** One more clip of each emoji that was trained on, with another background, place and timing: to ask what was learned. */
export function planUnseenVariants(
  emoji: readonly AnimatedEmoji[],
  splitOf: ReadonlyMap<string, SplitName>,
): Plan[] {
  return emoji
    .filter(({ key, hasSkinTone }) => !hasSkinTone && splitOf.get(key) === 'train')
    .map((one, i) => planEmoji(one, 'test', 'unseen', 1 + (i % 2)));
}

/** A concept that is in no clip of the train split, as a creator would bring it: a few dozen clips of one thing. */
const NEW_CONCEPT = 'snail';
const CONCEPT_CLIPS = { train: 30, val: 8 };

/** To measure how fast a creator's own clips are learned, and what is forgotten meanwhile. */
export function planNewConcept(
  emoji: readonly AnimatedEmoji[],
  splitOf: ReadonlyMap<string, SplitName>,
): Plan[] {
  const concept = emoji.find(({ en }) => en.label === NEW_CONCEPT);
  if (!concept || splitOf.get(concept.key) !== 'test') throw new Error(`“${NEW_CONCEPT}” is not held out`);
  return Array.from({ length: CONCEPT_CLIPS.train + CONCEPT_CLIPS.val }, (_, i) => {
    const split = i < CONCEPT_CLIPS.train ? 'train' : 'val';
    // From 1 on: the variant 0 would be plain each time.
    return planEmoji(concept, split, `concept-${i}`, i + 1);
  });
}

function planEmoji(emoji: AnimatedEmoji, split: SplitName, variant: string, index: number): EmojiPlan {
  const name = `${emoji.key}-${variant}`;
  const random = Random.seeded(SEED, name);
  const isPlain = index === 0 && !emoji.hasSkinTone;
  const background = isPlain ? plainWhite : drawBackground(random);
  // Languages take turns; a single clip has either.
  const language = (emoji.hasSkinTone ? random.uniform() < 0.5 : index % 2 === 1) ? 'zh' : 'en';
  const between = (low: number, high: number) => low + random.uniform() * (high - low);
  const slack = isPlain ? 0 : 0.05;
  return {
    kind: 'emoji',
    name,
    split,
    emoji,
    background,
    caption: emojiCaption(emoji, background, language, random),
    mirrored: !isPlain && mayBeMirrored(emoji) && random.uniform() < 0.5,
    phase: isPlain ? 0 : random.uniform(),
    extent: !isPlain && random.uniform() < 0.25 ? 0.5 : 1,
    side: isPlain ? 0.96 : between(0.82, 0.98),
    x: 0.5 + between(-slack, slack),
    y: 0.5 + between(-slack, slack),
    motion: null,
  };
}

/** Where left and right have no meaning: faces, animals, food, places, things; no signs, and no name that speaks of sides. */
const mayBeMirrored = ({ category, en }: AnimatedEmoji) =>
  [0, 3, 4, 6].includes(category) && !/left|right|clock|text|letter/.test(en.label);

function planEmojiInMotion(emoji: readonly AnimatedEmoji[], splitOf: ReadonlyMap<string, SplitName>): Plan[] {
  const things = emoji.filter(
    ({ key, hasSkinTone, category }) => !hasSkinTone && category >= 3 && splitOf.get(key) === 'train',
  );
  const moves = motions.filter(({ turns }) => !turns);
  return Array.from({ length: EMOJI_IN_MOTION }, (_, i): EmojiPlan => {
    const random = Random.seeded(SEED, `emoji in motion ${i}`);
    const one = things[random.integer(things.length)]!;
    const motion = moves[random.integer(moves.length)]!;
    const background = drawBackground(random);
    const language = i % 2 === 0 || !one.zh ? 'en' : 'zh';
    const subject = { en: one.en.label, zh: one.zh?.label ?? one.en.label };
    return {
      kind: 'emoji',
      name: `motion-${one.key}-${i}`,
      split: 'train',
      emoji: one,
      background,
      caption: motionCaption(subject, motion, background, language, random),
      mirrored: false,
      phase: random.uniform(),
      extent: 1,
      side: 0.45 + 0.1 * random.uniform(),
      x: 0.5,
      y: 0.5,
      motion,
    };
  });
}

/** A combination of shape, colour and motion that is held out is in no clip that is trained on. */
function planShapes(): Plan[] {
  const chromatic = colours.filter(({ en }) => en !== 'gray');
  return Array.from({ length: SHAPES_IN_MOTION }, (_, i): ShapePlan => {
    const random = Random.seeded(SEED, `shape ${i}`);
    const motion = motions[random.integer(motions.length)]!;
    const fitting = shapes.filter(({ round }) => !(motion.turns && round));
    const shape = fitting[random.integer(fitting.length)]!;
    let colour: Colour;
    let background: Background;
    do {
      colour = chromatic[random.integer(chromatic.length)]!;
      background = drawBackground(random);
    } while (looksLike(colour, background));
    const combination = createHash('sha256').update(`${shape.en} ${colour.en} ${motion.en}`).digest()[0]!;
    return {
      kind: 'shape',
      name: `shape-${i}`,
      split: combination < 16 ? 'test' : combination < 26 ? 'val' : 'train',
      shape,
      colour,
      background,
      motion,
      caption: motionCaption(
        shapeSubject(shape, colour),
        motion,
        background,
        i % 2 === 0 ? 'en' : 'zh',
        random,
      ),
      radius: 0.2 + 0.06 * random.uniform(),
    };
  });
}

/** A red circle on red cannot be seen. */
function looksLike({ rgb }: Colour, { top, bottom }: Background): boolean {
  return [top, bottom].some((other) => Math.hypot(...rgb.map((value, c) => value - other[c]!)) < 110);
}
