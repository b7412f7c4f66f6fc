/** Writes one RGB frame as PNG. */
import sharp from 'sharp';

/** `rgb` is height × width × 3, 0…255. */
export async function encodePng(rgb: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}
