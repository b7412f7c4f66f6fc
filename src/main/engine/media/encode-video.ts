/** Writes RGB frames as an MP4 that plays everywhere. */
import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { MediaTools } from '#shared/contract/workers.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { ToolFailure, writeRawFrames } from './run-ffmpeg.ts';

export interface EncodeRequest {
  /** Each frame is height × width × 3, RGB 0…255. */
  frames: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  width: number;
  height: number;
  /** Frames a second. */
  frameRate: number;
  outputPath: string;
  tools: MediaTools;
  /** Enlarges the picture, e.g. 4 turns 64×64 into 256×256. */
  scale?: number;
  signal?: AbortSignal;
}

/** Frames may come as slowly as a model makes them; only a day of them is taken for a hang. */
const TIMEOUT_MS = 24 * 3600 * 1000;

/**
 * H.264, yuv420p, faststart. Odd sizes grow by a pixel, since chroma is halved. The file appears under its name when it
 * is complete, or not at all. Throws AppError `disk-full`, `cancelled`, `internal`.
 */
export async function encodeMp4(request: EncodeRequest): Promise<void> {
  const { width, height, outputPath, tools, signal } = request;
  const scale = request.scale ?? 1;
  const even = (side: number) => Math.ceil((side * scale) / 2) * 2;
  const temporary = join(
    dirname(outputPath),
    `.${basename(outputPath)}.${randomBytes(4).toString('hex')}.mp4`,
  );
  // prettier-ignore
  const args = [
    '-v', 'error',
    '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', String(request.frameRate), '-i', 'pipe:0',
    '-vf', `scale=${even(width)}:${even(height)}:flags=bicubic+accurate_rnd+full_chroma_int:out_color_matrix=bt709:out_range=tv`,
    '-c:v', 'libx264', '-preset', 'medium', '-crf', '16', '-pix_fmt', 'yuv420p',
    '-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv',
    '-movflags', '+faststart', '-f', 'mp4', '-y', `file:${temporary}`,
  ];
  try {
    const frames = checkedFrames(request.frames, width * height * 3);
    await writeRawFrames(tools.ffmpeg, args, frames, { signal, timeoutMs: TIMEOUT_MS });
    await rename(temporary, outputPath);
  } catch (error) {
    await rm(temporary, { force: true });
    if (!(error instanceof ToolFailure)) throw error;
    if (/No space left/.test(error.stderr))
      throw new AppError('disk-full', { path: outputPath }, error.stderr);
    throw new AppError('internal', { detail: `ffmpeg: ${error.message}` }, error.stderr);
  }
}

async function* checkedFrames(frames: EncodeRequest['frames'], bytes: number): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const frame of frames) {
    if (frame.length !== bytes) {
      throw new Error(`Frame ${count} has ${frame.length} bytes; its size asks for ${bytes}`);
    }
    count++;
    yield frame;
  }
  if (count === 0) throw new Error('A video needs at least one frame');
}
