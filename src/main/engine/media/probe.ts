/** Facts of a film through ffprobe: sizes as displayed, times as presented, and whether the file is whole. */
import { z } from 'zod';
import type { MediaTools } from '#shared/contract/workers.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { inputArguments, runTool, ToolFailure, type RunLimits } from './run-ffmpeg.ts';
import { judgeCadence, parsePackets, type Packet } from './packets.ts';

/** What has to be known of a film before frames of it can be read. */
export interface StreamFacts {
  /** As displayed: rotated, pixels square. */
  width: number;
  height: number;
  hasAlpha: boolean;
  codec: string;
}

export interface VideoFacts extends StreamFacts {
  /** Container and codec for people, e.g. `MP4 · H.264`. */
  format: string;
  /** Seconds from the start of the file, at which times begin, to the end of the last frame. */
  duration: number;
  /** Mean frames a second. */
  frameRate: number;
  frameCount: number;
  variableFrameRate: boolean;
  hasAudio: boolean;
  /** Degrees clockwise that a player turns the stored picture by: 0, 90, 180 or 270. */
  rotation: number;
}

const rational = z.string().transform((text) => {
  const [a = 0, b = 1] = text.split(/[/:]/).map(Number);
  return b ? a / b : 0;
});

const stream = z.object({
  index: z.number(),
  codec_type: z.string().optional(),
  codec_name: z.string().default('unknown'),
  width: z.number().default(0),
  height: z.number().default(0),
  pix_fmt: z.string().default(''),
  sample_aspect_ratio: rational.default(1),
  time_base: rational.default(0),
  r_frame_rate: rational.default(0),
  nb_frames: z.coerce.number().optional(),
  duration: z.coerce.number().optional(),
  disposition: z.record(z.string(), z.number()).default({}),
  tags: z.record(z.string(), z.string()).default({}),
  side_data_list: z.array(z.object({ rotation: z.number().optional() })).default([]),
});
type Stream = z.output<typeof stream>;

const probeOutput = z.object({
  streams: z.array(stream).default([]),
  format: z.object({
    format_name: z.string(),
    start_time: z.coerce.number().default(0),
    duration: z.coerce.number().optional(),
  }),
});
type ProbeOutput = z.output<typeof probeOutput>;

const HEAD_MS = 60_000;
/** Listing packets reads the whole file; a slow disk still gives megabytes a second. */
const PACKETS_MS = 15 * 60_000;

/** Reads only the head of the file. Throws AppError `file-not-media`, `file-damaged`, `cancelled`. */
export async function probeStream(
  path: string,
  tools: MediaTools,
  signal?: AbortSignal,
): Promise<StreamFacts> {
  return streamFacts(findVideo(await readHead(path, tools, { signal, timeoutMs: HEAD_MS }), path));
}

/**
 * Reads the whole file (but decodes nothing), so that the times of all frames are known.
 * Throws AppError `file-not-media`, `file-damaged`, `cancelled`.
 */
export async function probeVideo(path: string, tools: MediaTools, signal?: AbortSignal): Promise<VideoFacts> {
  const head = await readHead(path, tools, { signal, timeoutMs: HEAD_MS });
  const video = findVideo(head, path);
  const packets = await readPackets(path, tools, { signal, timeoutMs: PACKETS_MS });
  const shown = packets.filter((packet) => packet.stream === video.index && !packet.discarded);
  if (shown.length === 0) throw new AppError('file-damaged', { path, detail: 'it holds no frames' });

  const origin = head.format.start_time;
  const missing = findMissingEnd(head, video, packets);
  if (missing) throw new AppError('file-damaged', { path, detail: missing });

  const cadence = judgeCadence(shown, video.time_base, video.r_frame_rate);
  return {
    ...streamFacts(video),
    format: `${containerName(head.format.format_name, path)} · ${codecName(video.codec_name)}`,
    duration: Math.max(cadence.end - origin, 1 / (cadence.frameRate || 25)),
    frameRate: cadence.frameRate,
    frameCount: cadence.frameCount,
    variableFrameRate: cadence.variable,
    hasAudio: head.streams.some((s) => s.codec_type === 'audio'),
    rotation: rotationOf(video),
  };
}

async function readHead(path: string, tools: MediaTools, limits: RunLimits): Promise<ProbeOutput> {
  const args = ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', ...inputArguments(path)];
  try {
    const { stdout } = await runTool(tools.ffprobe, args, limits);
    return probeOutput.parse(JSON.parse(stdout));
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (!(error instanceof ToolFailure)) {
      throw new AppError('file-damaged', { path, detail: 'its description makes no sense' }, String(error));
    }
    // What the container is was seen, but its table of contents is gone: it was cut off or overwritten.
    const cut = /moov atom not found|EBML header parsing failed|partial file|hung/i.exec(
      error.stderr + error.message,
    );
    const detail = cut
      ? /moov/.test(cut[0])
        ? 'its index (moov) is missing'
        : error.message
      : error.message;
    throw new AppError(cut ? 'file-damaged' : 'file-not-media', { path, detail }, error.stderr);
  }
}

async function readPackets(path: string, tools: MediaTools, limits: RunLimits): Promise<Packet[]> {
  const entries = 'packet=stream_index,pts_time,duration_time,flags';
  const args = ['-v', 'error', '-show_entries', entries, '-of', 'compact=p=0:nk=0', ...inputArguments(path)];
  try {
    const { stdout } = await runTool(tools.ffprobe, args, limits);
    return parsePackets(stdout);
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error;
    throw new AppError('file-damaged', { path, detail: error.message }, error.stderr);
  }
}

function findVideo(head: ProbeOutput, path: string): Stream {
  // Cover pictures of music files are video streams too.
  const video = head.streams.find((s) => s.codec_type === 'video' && s.disposition['attached_pic'] !== 1);
  if (!video) throw new AppError('file-not-media', { path, detail: 'it has no pictures' });
  if (video.width < 1 || video.height < 1) {
    throw new AppError('file-damaged', { path, detail: 'the size of its pictures is missing' });
  }
  return video;
}

function streamFacts(video: Stream): StreamFacts {
  const aspect = video.sample_aspect_ratio > 0 ? video.sample_aspect_ratio : 1;
  const width = Math.max(1, Math.round(video.width * aspect));
  const turned = rotationOf(video) % 180 !== 0;
  return {
    width: turned ? video.height : width,
    height: turned ? width : video.height,
    // VP8 and VP9 keep alpha in a stream beside the picture, which only this tag betrays.
    hasAlpha:
      /^(yuva|rgba|argb|bgra|abgr|gbrap|ya\d)/.test(video.pix_fmt) ||
      (video.tags['alpha_mode'] ?? video.tags['ALPHA_MODE']) === '1',
    codec: video.codec_name,
  };
}

/** New files say it in side data (counter-clockwise), old ones in a tag (clockwise). */
function rotationOf(video: Stream): number {
  const sideData = video.side_data_list.find((data) => data.rotation !== undefined)?.rotation;
  const clockwise = sideData === undefined ? Number(video.tags['rotate'] ?? 0) : -sideData;
  return (((Math.round(clockwise / 90) * 90) % 360) + 360) % 360;
}

/** A file that was cut off still promises its full length in its head. Returns what is wrong, or null. */
function findMissingEnd(head: ProbeOutput, video: Stream, packets: readonly Packet[]): string | null {
  const frames = packets.filter((packet) => packet.stream === video.index).length;
  if (video.nb_frames && frames < video.nb_frames - 1) {
    return `only ${frames} of ${video.nb_frames} frames are there`;
  }
  const promised = head.format.duration;
  if (!promised) return null;
  const end =
    packets.reduce((latest, packet) => Math.max(latest, packet.end), -Infinity) - head.format.start_time;
  const slack = Math.max(0.5, promised * 0.02);
  return end < promised - slack ? `it ends at ${end.toFixed(1)} s of ${promised.toFixed(1)} s` : null;
}

function containerName(formatName: string, path: string): string {
  if (formatName.startsWith('mov')) return /\.mov$/i.test(path) ? 'MOV' : 'MP4';
  if (formatName.startsWith('matroska')) return /\.webm$/i.test(path) ? 'WebM' : 'MKV';
  const names: Record<string, string> = { apng: 'APNG', mpegts: 'MPEG-TS', asf: 'WMV', ogg: 'Ogg' };
  return names[formatName] ?? formatName.toUpperCase();
}

function codecName(codec: string): string {
  const names: Record<string, string> = {
    h264: 'H.264',
    hevc: 'H.265',
    mpeg4: 'MPEG-4',
    prores: 'ProRes',
    qtrle: 'QuickTime Animation',
    mjpeg: 'Motion JPEG',
  };
  return names[codec] ?? codec.toUpperCase();
}
