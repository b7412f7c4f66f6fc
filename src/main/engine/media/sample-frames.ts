/** Reads frames of a source at given moments, scaled and composited over white: the one way from files to pixels. */
import sharp from 'sharp';
import type { MediaTools } from '#shared/contract/workers.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { StreamFacts } from './probe.ts';
import { inputArguments, readRawFrames, ToolFailure } from './run-ffmpeg.ts';
import { framesOnScreen, TIME_TOLERANCE, type SampleGrid } from './sample-times.ts';

/** Size of the frames that come out. With `crop` the picture covers it from the centre, else it is stretched to it. */
export interface View {
  width: number;
  height: number;
  crop: boolean;
}

export interface VideoSampling {
  path: string;
  grid: SampleGrid;
  view: View;
  stream: StreamFacts;
  tools: MediaTools;
  signal?: AbortSignal | undefined;
  timeoutMs: number;
}

/** What became of the packets of a film that was decoded to its end. */
export interface DecodeCount {
  packets: number;
  frames: number;
  /** Whether the decoder complained. Fewer frames than packets mean nothing by themselves: some hold no picture. */
  complaints: boolean;
}

/** How far to decode: until the grid is filled, to the end of the film, or to the end for its last frame alone. */
type Extent = 'grid' | 'end' | 'last';

/**
 * Yields one RGB frame (height × width × 3, 0…255) a moment of the grid; past the end of the film the last frame stays.
 * With `toEnd` the film is decoded from its start to its end and the generator returns what became of its packets.
 * Throws AppError `file-damaged` when no frame can be decoded or ffmpeg gives up, `cancelled`.
 */
export async function* sampleVideo(
  sampling: VideoSampling & { toEnd?: boolean },
): AsyncGenerator<Uint8Array, DecodeCount> {
  const { path, grid, toEnd = false } = sampling;
  const raw = decode(sampling, toEnd ? 'end' : 'grid');
  let yielded = 0;
  let last: Uint8Array | undefined;
  try {
    let next = await raw.next();
    for (; !next.done; next = await raw.next()) {
      if (yielded >= grid.count) continue;
      last = next.value;
      yielded++;
      yield last;
    }
    last ??= await lastFrame(sampling);
    if (!last) throw new AppError('file-damaged', { path, detail: 'no frame can be decoded' }, next.value);
    for (; yielded < grid.count; yielded++) yield last;
    return countDecoded(next.value);
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error;
    throw new AppError('file-damaged', { path, detail: error.message }, error.stderr);
  } finally {
    await raw.return('');
  }
}

/** A film that shows one picture for long may have no frame after the seek point: the one before stays on screen. */
async function lastFrame(sampling: VideoSampling): Promise<Uint8Array | undefined> {
  let last: Uint8Array | undefined;
  for await (const frame of decode(sampling, 'last')) last = frame;
  return last;
}

async function* decode(sampling: VideoSampling, extent: Extent): AsyncGenerator<Uint8Array, string> {
  const { view, stream, tools, signal, timeoutMs } = sampling;
  const pixels = view.width * view.height;
  const channels = stream.hasAlpha ? 4 : 3;
  const args = ffmpegArguments(sampling, extent);
  const raw = readRawFrames(tools.ffmpeg, args, pixels * channels, { signal, timeoutMs });
  try {
    let next = await raw.next();
    for (; !next.done; next = await raw.next()) {
      yield stream.hasAlpha ? overWhite(next.value, pixels) : next.value;
    }
    return next.value;
  } finally {
    await raw.return('');
  }
}

function ffmpegArguments({ path, grid, view, stream }: VideoSampling, extent: Extent): string[] {
  // Seeking lands on the keyframe before the moment, and all that follows it is decoded: the frame that is on screen at
  // the first moment may have begun long before. Times count from the seek point.
  const seek = extent === 'end' ? 0 : Math.max(0, grid.first);
  const first = grid.first - seek + TIME_TOLERANCE;
  const filters = [
    ...(extent === 'last' ? ['setpts=N/25/TB'] : onScreenAt(first, grid.step)),
    ...(view.crop ? [coverCrop(view)] : []),
    // Colours of invisible pixels must not bleed in when the picture is made smaller.
    ...(stream.hasAlpha ? ['format=gbrap', 'premultiply=inplace=1'] : []),
    `scale=${view.width}:${view.height}:flags=bicubic+accurate_rnd+full_chroma_int`,
    `format=${stream.hasAlpha ? 'rgba' : 'rgb24'}`,
  ];
  // prettier-ignore
  return [
    '-v', extent === 'end' ? 'verbose' : 'error',
    ...alphaDecoder(stream),
    ...(seek > 0 ? ['-noaccurate_seek', '-ss', seek.toFixed(6)] : []),
    ...inputArguments(path),
    '-map', '0:V:0', '-vf', filters.join(','),
    ...(extent === 'grid' ? ['-frames:v', String(grid.count)] : []),
    '-f', 'rawvideo', 'pipe:1',
  ];
}

/** One frame a tick: the last that began at or before it (its time, rounded up to ticks, is not past it). */
function onScreenAt(first: number, step: number): string[] {
  const perSecond = 1 / Math.max(step, 1e-3);
  return [
    'settb=1/1000000',
    `setpts=PTS-(${first.toFixed(6)})/TB`,
    `fps=fps=${perSecond.toFixed(9)}:start_time=0:round=up:eof_action=pass`,
  ];
}

/** The largest centred part of the stored picture that has the proportions of the view; `sar`: pixels may not be square. */
function coverCrop({ width, height }: View): string {
  const aspect = `${width}/${height}`;
  return `crop=w='min(iw,ih*${aspect}/sar)':h='min(ih,iw*sar/(${aspect}))'`;
}

/** ffmpeg's own VP8 and VP9 decoders do not see the alpha stream; those of libvpx do. */
function alphaDecoder({ codec, hasAlpha }: StreamFacts): string[] {
  return hasAlpha && (codec === 'vp8' || codec === 'vp9')
    ? ['-c:v', codec === 'vp8' ? 'libvpx' : 'libvpx-vp9']
    : [];
}

function overWhite(rgba: Uint8Array, pixels: number): Uint8Array {
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const white = 255 - rgba[i * 4 + 3]!;
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = Math.min(255, rgba[i * 4 + c]! + white);
  }
  return rgb;
}

/** From ffmpeg's closing words: `Input stream #0:0 (video): 25 packets read (4231 bytes); 25 frames decoded;`. */
function countDecoded(stderr: string): DecodeCount {
  const match = /Input stream #0:\d+ \(video\): (\d+) packets read .*?; (\d+) frames decoded/.exec(stderr);
  return {
    packets: Number(match?.[1] ?? 0),
    frames: Number(match?.[2] ?? 0),
    complaints: /Error while decoding|Error submitting|Invalid data found|error while decoding MB/.test(
      stderr,
    ),
  };
}

/**
 * The same for GIF, animated WebP and still images, through sharp: one frame a moment of the grid, of those that begin at
 * `frameStarts`. All frames are decoded in one pass, since each builds on the one before.
 * Throws AppError `file-damaged`.
 */
export async function sampleImage(
  path: string,
  frameStarts: readonly number[],
  grid: SampleGrid,
  view: View,
): Promise<Uint8Array[]> {
  const bytes = view.width * view.height * 3;
  let all: Buffer;
  try {
    all = await sharp(path, { animated: frameStarts.length > 1, autoOrient: frameStarts.length === 1 })
      .flatten({ background: '#ffffff' })
      .resize(view.width, view.height, { fit: view.crop ? 'cover' : 'fill' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer();
  } catch (error) {
    throw new AppError('file-damaged', { path, detail: (error as Error).message });
  }
  if (all.length !== bytes * frameStarts.length) {
    throw new AppError('file-damaged', { path, detail: 'some of its frames cannot be decoded' });
  }
  return framesOnScreen(frameStarts, grid).map((frame) => all.subarray(frame * bytes, (frame + 1) * bytes));
}
