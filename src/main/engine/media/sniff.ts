/** Tells what a file is by its first bytes; names lie, contents do not. */
import { open } from 'node:fs/promises';

/** `container`: holds film, ffprobe knows the rest. `apng` is a PNG that moves. */
export type FileFormat = 'gif' | 'webp' | 'png' | 'apng' | 'jpeg' | 'container' | 'unknown';

/** What an MP4 or QuickTime file may begin with. */
const boxes = [
  'ftyp',
  'moov',
  'mdat',
  'wide',
  'free',
  'skip',
  'pnot',
  'styp',
  'uuid',
  'udta',
  'sidx',
  'moof',
];
/** Animation chunks of a PNG come before its pixels; metadata in front of them is seldom longer than this. */
const HEAD_BYTES = 256 * 1024;

export interface Sniffed {
  format: FileFormat;
  /** For PNG and APNG: whether pixels can be transparent. */
  pngAlpha: boolean;
}

/** Reads the head of the file. Throws what `open` and `read` throw. */
export async function sniffFile(path: string): Promise<Sniffed> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
    return sniff(head.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

export function sniff(head: Uint8Array): Sniffed {
  const ascii = (from: number, to: number) => String.fromCharCode(...head.subarray(from, to));
  if (ascii(0, 8) === '\x89PNG\r\n\x1a\n') return sniffPng(head);
  return { format: sniffName(head, ascii), pngAlpha: false };
}

function sniffName(head: Uint8Array, ascii: (from: number, to: number) => string): FileFormat {
  const magic = ascii(0, 4);
  if (magic === 'GIF8') return 'gif';
  if (magic === 'RIFF') {
    if (ascii(8, 12) === 'WEBP') return 'webp';
    return ascii(8, 12) === 'AVI ' ? 'container' : 'unknown';
  }
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'jpeg';
  // MP4 and MOV: a box whose type is at byte 4. HEIC and AVIF stills use the same boxes under brands of their own.
  if (boxes.includes(ascii(4, 8))) {
    return ascii(4, 8) === 'ftyp' && /^(heic|heix|mif1|avif|avis)/.test(ascii(8, 12))
      ? 'unknown'
      : 'container';
  }
  const isContainer =
    magic === '\x1aE\xdf\xa3' || // Matroska and WebM
    magic === 'OggS' ||
    magic === 'FLV\x01' ||
    magic === '0&\xb2u' || // ASF: WMV
    magic === '\0\0\x01\xba' || // MPEG program stream
    magic === '\0\0\x01\xb3' || // MPEG video
    (head[0] === 0x47 && head[188] === 0x47 && head[376] === 0x47) || // MPEG transport stream
    (head[4] === 0x47 && head[196] === 0x47 && head[388] === 0x47); // the same with time codes: M2TS
  return isContainer ? 'container' : 'unknown';
}

/** Walks the chunks up to the pixels. PNG specification, third edition: https://www.w3.org/TR/png-3/ */
function sniffPng(head: Uint8Array): Sniffed {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const colorType = head[25] ?? 0;
  let animated = false;
  let alpha = colorType === 4 || colorType === 6;
  for (let at = 8; at + 8 <= head.length; at += view.getUint32(at) + 12) {
    const type = String.fromCharCode(...head.subarray(at + 4, at + 8));
    if (type === 'IDAT') break;
    if (type === 'acTL') animated = true;
    if (type === 'tRNS') alpha = true;
  }
  return { format: animated ? 'apng' : 'png', pngAlpha: alpha };
}
