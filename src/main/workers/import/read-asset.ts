/** Reads one file into an asset: facts, the clips cut from it, their previews and perceptual hashes. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { ImportedAsset, MediaTools } from '#shared/contract/workers.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { hashFrame } from '#main/engine/media/frame-hash.ts';
import { isGifCutOff } from '#main/engine/media/gif-blocks.ts';
import {
  encodePoster,
  fullestFrame,
  encodeStrip,
  PREVIEW_FRAMES,
  previewView,
} from '#main/engine/media/preview.ts';
import { isOpaque, probeImage } from '#main/engine/media/probe-image.ts';
import { probeVideo } from '#main/engine/media/probe.ts';
import { sampleImage, sampleVideo, type DecodeCount, type View } from '#main/engine/media/sample-frames.ts';
import { sampleGrid } from '#main/engine/media/sample-times.ts';
import { sniffFile, type Sniffed } from '#main/engine/media/sniff.ts';
import { putFile } from './content-store.ts';
import { cutClips, type Cut } from './cut-clips.ts';

export interface ReadContext {
  tools: MediaTools;
  storeFolder: string;
  signal: AbortSignal;
  /** How much of the file has been read, 0 … 1. */
  onFraction: (fraction: number) => void;
}

type Facts = Omit<ImportedAsset, 'path' | 'contentHash' | 'bytes' | 'modifiedAt' | 'caption' | 'clips'>;
export type AssetContent = Facts & Pick<ImportedAsset, 'clips'>;

interface Preview {
  poster: Uint8Array;
  strip: Uint8Array;
  perceptualHashes: string[];
}

const mediaNames =
  /^\.(mp4|m4v|mov|qt|webm|mkv|avi|mpg|mpeg|ts|m2ts|mts|flv|wmv|asf|ogv|3gp|gif|webp|png|apng|jpe?g)$/i;

/** A film whose decoder complains and gives less than this share of its frames is damaged. */
const MIN_DECODED = 0.75;

/**
 * Goes by content: what a file is called matters only for what is said when it cannot be read.
 * Throws AppError `file-unsupported`, `file-not-media`, `file-damaged`, `disk-full`, `cancelled`.
 */
export async function readAsset(path: string, context: ReadContext): Promise<AssetContent> {
  const sniffed = await sniffFile(path);
  if (sniffed.format === 'unknown') {
    if (!mediaNames.test(extname(path))) throw new AppError('file-unsupported', { path });
    throw new AppError('file-not-media', { path, detail: 'its name says so, its content does not' });
  }
  const isFilm = sniffed.format === 'container' || sniffed.format === 'apng';
  return isFilm ? readFilm(path, sniffed, context) : readImage(path, sniffed, context);
}

/** Videos, and also APNG: libvips, and so sharp, reads only its first frame; ffmpeg reads all. */
async function readFilm(path: string, sniffed: Sniffed, context: ReadContext): Promise<AssetContent> {
  const { tools, signal, onFraction } = context;
  const { codec, ...facts } = await probeVideo(path, tools, signal);
  const isAnimation = sniffed.format === 'apng';
  const hasAlpha = isAnimation ? sniffed.pngAlpha : facts.hasAlpha;
  const cuts = cutClips(facts.duration, facts.frameCount, isAnimation ? Infinity : undefined);
  const view = previewView(facts.width, facts.height);
  const frames = sampleVideo({
    path,
    grid: sampleGrid(0, facts.duration, cuts.length * PREVIEW_FRAMES),
    view,
    stream: { ...facts, codec, hasAlpha },
    tools,
    signal,
    // Slower than a minute for two seconds of film is a hang.
    timeoutMs: (60 + 30 * facts.duration) * 1000,
    toEnd: true,
  });
  const previews: Preview[] = [];
  let count: DecodeCount | undefined;
  for (let batch: Uint8Array[] = []; !count;) {
    const next = await frames.next();
    if (next.done) count = next.value;
    else if (batch.push(next.value) === PREVIEW_FRAMES) {
      previews.push(await makePreview(batch, view));
      batch = [];
      onFraction(previews.length / cuts.length);
    }
  }
  if (count.complaints && count.frames < MIN_DECODED * count.packets) {
    const detail = `only ${count.frames} of ${count.packets} frames can be decoded`;
    throw new AppError('file-damaged', { path, detail });
  }
  return {
    ...facts,
    kind: isAnimation ? 'animation' : 'video',
    format: isAnimation ? 'APNG' : facts.format,
    hasAlpha,
    clips: await storeClips(cuts, previews, context.storeFolder),
  };
}

/** GIF, WebP, PNG and JPEG; those of one frame are still images, a clip without length. */
async function readImage(path: string, { format }: Sniffed, context: ReadContext): Promise<AssetContent> {
  if (format === 'gif' && isGifCutOff(await readFile(path))) {
    throw new AppError('file-damaged', { path, detail: 'its end is missing' });
  }
  const facts = await probeImage(path);
  const frameCount = facts.frameStarts.length;
  const cuts = cutClips(facts.duration, frameCount, Infinity);
  const view = previewView(facts.width, facts.height);
  const frames = await sampleImage(
    path,
    facts.frameStarts,
    sampleGrid(0, facts.duration, PREVIEW_FRAMES),
    view,
  );
  const previews = [await makePreview(frames, view)];
  const gaps = facts.frameStarts.slice(1).map((start, i) => start - facts.frameStarts[i]!);
  return {
    kind: frameCount > 1 ? 'animation' : 'image',
    format: format === 'webp' ? 'WebP' : format.toUpperCase(),
    width: facts.width,
    height: facts.height,
    duration: facts.duration,
    frameRate: facts.duration > 0 ? frameCount / facts.duration : 0,
    frameCount,
    // Most GIFs use transparency only to repeat what the frame before showed.
    hasAlpha: facts.hasAlpha && !(format === 'gif' && (await isOpaque(path))),
    hasAudio: false,
    variableFrameRate: gaps.length > 0 && Math.max(...gaps) > 1.2 * Math.min(...gaps),
    rotation: facts.rotation,
    clips: await storeClips(cuts, previews, context.storeFolder),
  };
}

async function makePreview(frames: readonly Uint8Array[], view: View): Promise<Preview> {
  const poster = await encodePoster(fullestFrame(frames), view);
  const strip = await encodeStrip(frames, view);
  const hashes = frames.map((frame) => hashFrame(frame, view.width, view.height));
  return { poster, strip, perceptualHashes: hashes.filter((hash) => hash !== null) };
}

/** Only now that the whole file was read without fault does anything of it reach the disk. */
async function storeClips(
  cuts: readonly Cut[],
  previews: readonly Preview[],
  storeFolder: string,
): Promise<ImportedAsset['clips']> {
  const clips: ImportedAsset['clips'] = [];
  for (const [i, cut] of cuts.entries()) {
    const { poster, strip, perceptualHashes } = previews[i]!;
    const thumbnail = await putFile(storeFolder, poster);
    clips.push({ ...cut, thumbnail, strip: await putFile(storeFolder, strip), perceptualHashes });
  }
  return clips;
}
