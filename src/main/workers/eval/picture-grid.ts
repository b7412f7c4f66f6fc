/** Draws takes for the eye: all of them moving side by side, and a few frames of each on a sheet, under their prompts. */
import { join } from 'node:path';
import { drawLabels } from '#main/engine/media/draw-labels.ts';
import { encodeAnimatedWebp } from '#main/engine/media/encode-animation.ts';
import { encodePng } from '#main/engine/media/encode-png.ts';
import { resizeFrame } from '#main/engine/media/resize-frame.ts';
import { CHANNELS } from '#main/ml/eval/picture.ts';
import { writeAtomic } from '../runtime/write-atomic.ts';
import { layOutSheet, type SheetLayout, type Slot } from './sheet-layout.ts';

/** Prompts with as many takes each. */
export interface GridRow {
  readonly prompt: string;
  readonly seeds: readonly number[];
  /** frames_THWC of each take, RGB 0…255. */
  readonly takes: readonly Uint8Array[];
}

export interface GridOptions {
  /** Pixels a side of the takes. */
  readonly size: number;
  /** How long each frame is shown. */
  readonly delayMs: number;
  /** Hears how many sheets are drawn, of how many; may throw, and then nothing is left behind. */
  readonly drawn: (done: number, total: number) => Promise<void>;
}

/** Frames of a take on the contact sheet. */
const SHOWN = 4;
/** Pictures are drawn this large where all frames of the animation together stay below so many pixels; else smaller. */
const SIDE = 128;
const LEAST_SIDE = 32;
const MOST_PIXELS = 1e8;

/**
 * Writes `grid.webp` (every take moves), `contact-sheet.png` (a few frames of each, from left to right) and `prompts.txt` (what the
 * numbers stand for) into `folder`. Throws AppError `disk-full`.
 */
export async function writePictureGrid(
  folder: string,
  rows: readonly GridRow[],
  { size, delayMs, drawn }: GridOptions,
): Promise<void> {
  const takes = rows[0]!.takes.length;
  const frames = rows[0]!.takes[0]!.length / (size * size * CHANNELS);
  const prompts = rows.map(({ prompt }) => prompt);
  const pixelsASide = Math.sqrt(MOST_PIXELS / (rows.length * takes * frames));
  const side = Math.max(LEAST_SIDE, Math.min(SIDE, Math.floor(pixelsASide)));
  const pictureOf = async ({ prompt, take }: Slot, frame: number): Promise<Uint8Array> => {
    const bytes = size * size * CHANNELS;
    const all = rows[prompt]!.takes[take]!;
    return resizeFrame(all.subarray(frame * bytes, (frame + 1) * bytes), size, side);
  };

  const moving = layOutSheet({ prompts, takes, shown: 1, side });
  const empty = await drawLabels(moving.width, moving.height, moving.labels);
  const pages: Uint8Array[] = [];
  // One for each frame of the animation, and the contact sheet.
  const total = frames + 1;
  for (let t = 0; t < frames; t++) {
    await drawn(t, total);
    pages.push(await filled(empty, moving, side, (slot) => pictureOf(slot, t)));
  }
  await drawn(frames, total);
  const animation = await encodeAnimatedWebp(pages, { width: moving.width, height: moving.height, delayMs });
  await writeAtomic(join(folder, 'grid.webp'), animation);

  const shown = Math.min(SHOWN, frames);
  const still = layOutSheet({ prompts, takes, shown, side });
  const sheet = await filled(await drawLabels(still.width, still.height, still.labels), still, side, (slot) =>
    pictureOf(slot, spread(slot.picture, shown, frames)),
  );
  await writeAtomic(join(folder, 'contact-sheet.png'), await encodePng(sheet, still.width, still.height));

  const lines = rows.map(({ prompt, seeds }, i) => `${i + 1}\t${prompt}\tseeds ${seeds.join(', ')}\n`);
  await writeAtomic(join(folder, 'prompts.txt'), lines.join(''));
  await drawn(total, total);
}

/** Frame of the i-th of `count` pictures, from the first to the last. */
function spread(i: number, count: number, frames: number): number {
  return count === 1 ? 0 : Math.round((i * (frames - 1)) / (count - 1));
}

async function filled(
  empty: Uint8Array,
  { width, slots }: SheetLayout,
  side: number,
  pictureOf: (slot: Slot) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  // Not `slice`: that of a Buffer is no copy.
  const sheet = new Uint8Array(empty);
  const rowBytes = side * CHANNELS;
  for (const slot of slots) {
    const picture = await pictureOf(slot);
    for (let y = 0; y < side; y++) {
      const row = picture.subarray(y * rowBytes, (y + 1) * rowBytes);
      sheet.set(row, ((slot.y + y) * width + slot.x) * CHANNELS);
    }
  }
  return sheet;
}
