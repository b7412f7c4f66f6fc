/**
 * Makes the data that the base model is trained on: clips as animated WebP with captions beside them (they can be imported
 * into any workspace), and snapshot files that say which clip belongs to which part.
 * From the command line: node scripts/base-model/make-data.ts [--out FOLDER] [--only snapshot.json]
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { hashFrame } from '#main/engine/media/frame-hash.ts';
import type { ClipSource, SnapshotFile } from '#shared/contract/workers.ts';
import { readAnimatedEmoji, type AnimatedEmoji } from '../emoji/catalogue.ts';
import { plainWhite } from './backgrounds.ts';
import { paintPictures, paintShape, type Picture } from './paint.ts';
import {
  divideEmoji,
  groupOf,
  planClips,
  planNewConcept,
  planUnseenVariants,
  type EmojiPlan,
  type Plan,
} from './recipe.ts';

const FRAMES = 17;
const SIZE = 64;
/** A loop of three seconds in 17 frames. */
const FRAME_MS = 176;
/** Emoji that are decoded at the same time. */
const AT_ONCE = 4;

/** One clip of the snapshot. */
type Member = SnapshotFile['members'][number];

/** `only`: the one list of clips that is made; all when left out. */
export async function makeData(
  outputFolder: string,
  say: (sentence: string) => void,
  only?: string,
): Promise<void> {
  const clips = join(outputFolder, 'clips');
  await mkdir(clips, { recursive: true });
  const emoji = await readAnimatedEmoji(say);
  say(`${emoji.length} animated emoji; looking for those that look alike …`);
  const hashes = new Map<string, string[]>();
  await eachOf(
    emoji.filter(({ hasSkinTone }) => !hasSkinTone),
    async (one) => {
      hashes.set(one.key, await perceptualHashes(one));
    },
  );
  const splitOf = divideEmoji(emoji, hashes);

  for (const [file, plans] of [
    ['snapshot.json', planClips(emoji, splitOf)],
    ['unseen-variants.json', planUnseenVariants(emoji, splitOf)],
    ['new-concept.json', planNewConcept(emoji, splitOf)],
  ] as const) {
    if (only !== undefined && file !== only) continue;
    const members = await paintAll(plans, clips, say);
    const hash = createHash('sha256')
      .update(JSON.stringify(members.map(({ path: _, group: __, ...rest }) => rest)))
      .digest('hex');
    await writeFile(join(outputFolder, file), JSON.stringify({ id: clipId(file), hash, members }));
    const count = (split: string) => members.filter((member) => member.split === split).length;
    say(`${file}: train ${count('train')}, val ${count('val')}, test ${count('test')}`);
  }
}

/** Clips of one emoji are painted together, so that it is decoded once. */
async function paintAll(
  plans: readonly Plan[],
  folder: string,
  say: (sentence: string) => void,
): Promise<Member[]> {
  const bySource = Map.groupBy(plans, (plan) => (plan.kind === 'emoji' ? plan.emoji.path : plan.name));
  const members = new Map<Plan, Member>();
  await eachOf([...bySource.values()], async (group) => {
    const pages = group[0]!.kind === 'emoji' ? await decodePages(group[0]!.emoji.path) : null;
    for (const plan of group) {
      const frames = plan.kind === 'emoji' ? paintEmoji(plan, pages!) : paintOneShape(plan);
      members.set(plan, await writeClip(plan, frames, folder));
      if (members.size % 500 === 0) say(`${members.size} of ${plans.length} clips`);
    }
  });
  return plans.map((plan) => members.get(plan)!);
}

function paintOneShape(plan: Plan & { kind: 'shape' }): Uint8Array {
  const { shape, colour, radius, background, motion } = plan;
  return paintShape(shape, colour.rgb, radius, {
    size: SIZE,
    background,
    poses: moments.map((moment) => motion.pose(moment)),
  });
}

/** From 0 to just before 1, so that cyclic motions loop without a seam. */
const moments = Array.from({ length: FRAMES }, (_, i) => i / FRAMES);

interface Pages {
  pictures: Picture[];
  /** Whether the last picture leads to the first one without a jump. */
  loops: boolean;
}

function paintEmoji(plan: EmojiPlan, { pictures, loops }: Pages): Uint8Array {
  const { side, x, y, background, motion, mirrored } = plan;
  const phase = loops ? plan.phase : 0;
  const shown = Array.from({ length: FRAMES }, (_, i) => {
    const moment = (phase + (plan.extent * (i + 0.5)) / FRAMES) % 1;
    const picture = pictures[Math.floor(moment * pictures.length)]!;
    return mirrored ? mirror(picture) : picture;
  });
  const poses = moments.map((t) => ({ x, y, ...motion?.pose(t) }));
  return paintPictures(shown, side, { size: SIZE, background, poses });
}

function mirror({ rgba, size }: Picture): Picture {
  const source = new Uint32Array(rgba.buffer, rgba.byteOffset, size * size);
  const target = new Uint32Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) target[y * size + x] = source[y * size + size - 1 - x]!;
  }
  return { rgba: new Uint8Array(target.buffer), size };
}

async function decodePages(path: string): Promise<Pages> {
  const { data, info } = await sharp(path, { animated: true })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const size = info.width;
  const bytes = size * size * 4;
  const pictures = Array.from({ length: data.length / bytes }, (_, i) => ({
    // A copy of its own: pictures are read as 32-bit words.
    rgba: Uint8Array.from(data.subarray(i * bytes, (i + 1) * bytes)),
    size,
  }));
  const steps = pictures.slice(1).map((picture, i) => difference(pictures[i]!, picture));
  const seam = difference(pictures.at(-1)!, pictures[0]!);
  return { pictures, loops: seam <= 2 * Math.max(...steps) };
}

/** Mean absolute difference over every 7th value: enough to tell a jump. */
function difference(a: Picture, b: Picture): number {
  let sum = 0;
  for (let i = 0; i < a.rgba.length; i += 7) sum += Math.abs(a.rgba[i]! - b.rgba[i]!);
  return sum;
}

async function perceptualHashes({ path }: AnimatedEmoji): Promise<string[]> {
  const { pictures } = await decodePages(path);
  const shown = moments.map((t) => pictures[Math.floor(t * pictures.length)]!);
  const frames = paintPictures(shown, 1, {
    size: SIZE,
    background: plainWhite,
    poses: moments.map(() => ({})),
  });
  const bytes = SIZE * SIZE * 3;
  return moments.flatMap((_, t) => hashFrame(frames.subarray(t * bytes, (t + 1) * bytes), SIZE, SIZE) ?? []);
}

async function writeClip(plan: Plan, frames: Uint8Array, folder: string): Promise<Member> {
  const path = resolve(folder, `${plan.name}.webp`);
  const raw = { width: SIZE, height: SIZE * FRAMES, channels: 3, pageHeight: SIZE } as const;
  const encoded = await sharp(frames, { raw })
    .webp({ lossless: true, effort: 0, loop: 0, delay: new Array<number>(FRAMES).fill(FRAME_MS) })
    .toBuffer();
  await writeFile(path, encoded);
  await writeFile(path.replace(/webp$/, 'txt'), `${plan.caption}\n`);
  const source: ClipSource = {
    clipId: clipId(plan.name),
    path,
    contentHash: createHash('sha256').update(encoded).digest('hex'),
    kind: 'animation',
    start: 0,
    end: (FRAMES * FRAME_MS) / 1000,
    caption: plan.caption,
  };
  return { ...source, split: plan.split, group: groupOf(plan) };
}

/** An id that looks like all others and follows from the name. */
function clipId(name: string): string {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const bytes = createHash('sha256').update(name).digest();
  return `0${Array.from(bytes.subarray(0, 25), (byte) => alphabet[byte % 32]).join('')}`;
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { out: { type: 'string', default: '.cache/base-model/data' }, only: { type: 'string' } },
  });
  await makeData(values.out, console.log, values.only);
}
