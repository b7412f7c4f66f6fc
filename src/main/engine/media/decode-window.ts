/** Decodes a clip to what the model sees: a few square frames spread evenly over it. */
import type { ClipSource, MediaTools } from '#shared/contract/workers.ts';
import type { WindowConfig } from '#shared/domain/training-config.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { probeImage } from './probe-image.ts';
import { probeStream } from './probe.ts';
import { sampleImage, sampleVideo, type View } from './sample-frames.ts';
import { sampleGrid } from './sample-times.ts';
import { sniffFile } from './sniff.ts';

/** A window is seconds of film; a decoder that needs minutes for it hangs. */
const TIMEOUT_MS = 5 * 60_000;

/**
 * Returns frames_THWC: RGB 0…255, length frames·size·size·3. Frame i is what is on screen at
 * start + (i + ½)·(end − start)/frames, scaled to cover the square, centre-cropped, composited over white.
 * Throws AppError `file-unreadable`, `file-damaged`, `file-not-media`, `cancelled`.
 */
export async function decodeWindow(
  source: Pick<ClipSource, 'path' | 'start' | 'end'>,
  window: WindowConfig,
  tools: MediaTools,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { path } = source;
  const view: View = { width: window.size, height: window.size, crop: true };
  const grid = sampleGrid(source.start, source.end, window.frames);
  const { format } = await sniffFile(path).catch((error: Error) => {
    throw new AppError('file-unreadable', { path, detail: error.message });
  });
  if (signal?.aborted) throw new AppError('cancelled');

  const frameBytes = window.size * window.size * 3;
  const frames_THWC = new Uint8Array(window.frames * frameBytes);
  if (format === 'container' || format === 'apng') {
    const stream = await probeStream(path, tools, signal);
    let i = 0;
    for await (const frame of sampleVideo({
      path,
      grid,
      view,
      stream,
      tools,
      signal,
      timeoutMs: TIMEOUT_MS,
    })) {
      frames_THWC.set(frame, i++ * frameBytes);
    }
  } else {
    const { frameStarts } = await probeImage(path);
    const frames = await sampleImage(path, frameStarts, grid, view);
    frames.forEach((frame, i) => frames_THWC.set(frame, i * frameBytes));
  }
  return frames_THWC;
}
