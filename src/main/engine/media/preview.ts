/** Small pictures of a clip for the library grid: a poster, and a strip to scrub through on hover. */
import sharp from 'sharp';
import type { View } from './sample-frames.ts';

/** Frames in the strip, spread evenly over the clip. */
export const PREVIEW_FRAMES = 10;
const POSTER_SIDE = 320;
const STRIP_HEIGHT = 160;

/** The size at which frames of a clip are read for its previews: at most 320 pixels a side, never enlarged. */
export function previewView(width: number, height: number): View {
  return { ...fitInside(width, height, POSTER_SIDE, POSTER_SIDE), crop: false };
}

/** The frame with the most contrast: many a clip begins, pauses or ends on an empty picture, which would say nothing. */
export function fullestFrame(frames: readonly Uint8Array[]): Uint8Array {
  const contrasts = frames.map(variance);
  return frames[contrasts.indexOf(Math.max(...contrasts))]!;
}

function variance(values: Uint8Array): number {
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  return squares / values.length - (sum / values.length) ** 2;
}

/** WebP. `rgb` has the size of `view`. */
export function encodePoster(rgb: Uint8Array, view: View): Promise<Uint8Array> {
  return raw(rgb, view).webp({ quality: 82 }).toBuffer();
}

/** WebP: the frames side by side, at most 160 pixels high. */
export async function encodeStrip(frames: readonly Uint8Array[], view: View): Promise<Uint8Array> {
  const { width, height } = fitInside(view.width, view.height, POSTER_SIDE, STRIP_HEIGHT);
  const cells = await Promise.all(
    frames.map((frame) => raw(frame, view).resize(width, height, { fit: 'fill' }).raw().toBuffer()),
  );
  return sharp({ create: { width: width * frames.length, height, channels: 3, background: '#ffffff' } })
    .composite(
      cells.map((input, i) => ({ input, raw: { width, height, channels: 3 }, left: i * width, top: 0 })),
    )
    .webp({ quality: 75 })
    .toBuffer();
}

const raw = (rgb: Uint8Array, { width, height }: View) => sharp(rgb, { raw: { width, height, channels: 3 } });

function fitInside(width: number, height: number, maxWidth: number, maxHeight: number) {
  const scale = Math.min(1, maxWidth / width, maxHeight / height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
