/** An empty sheet with labels on it, on which pictures can be laid. */
import sharp from 'sharp';

export interface Label {
  readonly text: string;
  /** Pixels from the left and from the top to the box of the text. */
  readonly x: number;
  readonly y: number;
  /** A text that is wider is cut, and ends in “…”. */
  readonly width: number;
}

/** Pixels that a line takes. */
export const LABEL_HEIGHT = 20;
const FONT_SIZE = 13;
const BACKGROUND = '#e9e9ee';
const INK = '#26262c';

/**
 * RGB, height × width × 3. Letters come from the fonts of the system: a script that none of them has is drawn as boxes, so
 * whoever needs labels for sure gives them numbers too.
 */
export async function drawLabels(
  width: number,
  height: number,
  labels: readonly Label[],
): Promise<Uint8Array> {
  const texts = labels.map(({ text, x, y, width: room }) => {
    const baseline = y + LABEL_HEIGHT - 6;
    return `<text x="${x}" y="${baseline}">${escapeXml(cutText(text, room / FONT_SIZE))}</text>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
<rect width="100%" height="100%" fill="${BACKGROUND}"/>
<g font-family="sans-serif" font-size="${FONT_SIZE}" fill="${INK}">${texts.join('\n')}</g></svg>`;
  return sharp(Buffer.from(svg), { limitInputPixels: false, unlimited: true })
    .flatten({ background: BACKGROUND })
    .toColourspace('srgb')
    .raw()
    .toBuffer();
}

/** The beginning of a text that fits into `room`, in widths of a wide letter; fonts differ, so it is on the safe side. */
export function cutText(text: string, room: number): string {
  const letters = [...text.replace(/\s+/g, ' ')];
  const widths = letters.map((letter) => (letter.codePointAt(0)! >= 0x2e80 ? 1 : 0.58));
  if (widths.reduce((sum, width) => sum + width, 0) <= room) return letters.join('');
  let [count, used] = [0, 0.9];
  while (count < letters.length && used + widths[count]! <= room) used += widths[count++]!;
  return `${letters.slice(0, count).join('').trimEnd()}…`;
}

function escapeXml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  // XML knows no control characters, not even as entities.
  return text.replace(/\p{Cc}/gu, ' ').replace(/[&<>"]/g, (letter) => entities[letter]!);
}
