/** Writes RGB frames as an animated WebP. */
import sharp from 'sharp';

/** `frames` are height × width × 3 each, RGB 0…255, shown for `delayMs` each, over and over. */
export async function encodeAnimatedWebp(
  frames: readonly Uint8Array[],
  { width, height, delayMs }: { width: number; height: number; delayMs: number },
): Promise<Uint8Array> {
  // One frame above the other, as sharp wants them.
  const pages = new Uint8Array(frames.length * width * height * 3);
  frames.forEach((frame, i) => pages.set(frame, i * width * height * 3));
  return sharp(pages, {
    raw: { width, height: height * frames.length, channels: 3, pageHeight: height },
    limitInputPixels: false,
  })
    .webp({ quality: 85, effort: 2, loop: 0, delay: frames.map(() => delayMs) })
    .toBuffer();
}
