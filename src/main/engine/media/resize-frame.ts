/** Enlarges or shrinks one square RGB frame. */
import sharp from 'sharp';

/** `rgb` is from × from × 3, 0…255; returns to × to × 3. */
export async function resizeFrame(rgb: Uint8Array, from: number, to: number): Promise<Uint8Array> {
  if (from === to) return rgb;
  return sharp(rgb, { raw: { width: from, height: from, channels: 3 } })
    .resize(to, to, { kernel: 'cubic' })
    .raw()
    .toBuffer();
}
