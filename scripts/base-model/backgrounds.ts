/** Backgrounds with names in two languages: plain colours, and gradients from a colour to a lighter or darker one. */
import type { Random } from '#shared/domain/random.ts';

export type Rgb = readonly [number, number, number];

export interface Colour {
  en: string;
  zh: string;
  rgb: Rgb;
}

export const colours: readonly Colour[] = [
  { en: 'white', zh: '白色', rgb: [255, 255, 255] },
  { en: 'black', zh: '黑色', rgb: [20, 20, 22] },
  { en: 'gray', zh: '灰色', rgb: [150, 152, 156] },
  { en: 'red', zh: '红色', rgb: [222, 58, 52] },
  { en: 'orange', zh: '橙色', rgb: [245, 146, 40] },
  { en: 'yellow', zh: '黄色', rgb: [252, 218, 72] },
  { en: 'green', zh: '绿色', rgb: [66, 172, 84] },
  { en: 'blue', zh: '蓝色', rgb: [52, 108, 222] },
  { en: 'light blue', zh: '浅蓝色', rgb: [150, 208, 250] },
  { en: 'purple', zh: '紫色', rgb: [140, 84, 196] },
  { en: 'pink', zh: '粉色', rgb: [248, 164, 196] },
];

export interface Background {
  colour: Colour;
  /** From top to bottom; the same twice for a plain one. */
  top: Rgb;
  bottom: Rgb;
}

export const plainWhite: Background = plain(colours[0]!, colours[0]!.rgb);

/** Strength of the random change of a colour, of 255. */
const JITTER = 10;
/** Shares of backgrounds. */
const PLAIN_WHITE = 0.25;
const GRADIENT = 0.35;

export function drawBackground(random: Random): Background {
  if (random.uniform() < PLAIN_WHITE) return plainWhite;
  const colour = colours[random.integer(colours.length)]!;
  const shade = mapRgb(colour.rgb, (value) => value + (2 * random.uniform() - 1) * JITTER);
  if (random.uniform() >= GRADIENT) return plain(colour, shade);
  // Dark colours turn lighter and light ones darker, so that the name stays true.
  const brightness = (shade[0] + shade[1] + shade[2]) / 765;
  const far = mapRgb(shade, (value) => (brightness < 0.6 ? value + 0.45 * (255 - value) : value * 0.72));
  return random.uniform() < 0.5 ? { colour, top: shade, bottom: far } : { colour, top: far, bottom: shade };
}

export const isGradient = ({ top, bottom }: Background) => top !== bottom;

function plain(colour: Colour, rgb: Rgb): Background {
  return { colour, top: rgb, bottom: rgb };
}

function mapRgb([r, g, b]: Rgb, change: (value: number) => number): Rgb {
  const clamp = (value: number) => Math.max(0, Math.min(255, Math.round(change(value))));
  return [clamp(r), clamp(g), clamp(b)];
}

/** RGB of a row of a picture `height` rows high. */
export function rowColour({ top, bottom }: Background, y: number, height: number): Rgb {
  const t = height > 1 ? y / (height - 1) : 0;
  return [0, 1, 2].map((c) => Math.round(top[c]! + t * (bottom[c]! - top[c]!))) as unknown as Rgb;
}
