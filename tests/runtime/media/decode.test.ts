/** Frames come out at the right moments, in the right colours, at the right size. */
import { mkdtemp, readFile, rm, stat, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClipSource } from '#shared/contract/workers.ts';
import { decodeWindow } from '#main/engine/media/decode-window.ts';
import { encodePng } from '#main/engine/media/encode-png.ts';
import { encodeMp4 } from '#main/engine/media/encode-video.ts';
import { probeVideo } from '#main/engine/media/probe.ts';
import { resolveTools, type ResolvedTools } from '#main/engine/media/tools.ts';
import sharp from 'sharp';
import {
  encoders,
  makeAlphaFilm,
  makeAnimation,
  makeClock,
  makeFilm,
  makeText,
  makeVariableRate,
} from '../../fixtures/make-media.ts';

let folder: string;
let tools: ResolvedTools;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelwright-decode-'));
  tools = await resolveTools({ ffmpegPath: '', ffprobePath: '' });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function clip(path: string, start: number, end: number): ClipSource {
  const kind = /\.(gif|webp)$/.test(path) ? 'animation' : 'video';
  return { clipId: '0'.repeat(26), path, contentHash: '', kind, start, end, caption: '' };
}

/** The value of the pixel in the middle of each frame. */
function middles(frames_THWC: Uint8Array, size: number): number[] {
  const frame = size * size * 3;
  const middle = ((size >> 1) * size + (size >> 1)) * 3;
  return Array.from({ length: frames_THWC.length / frame }, (_, i) => frames_THWC[i * frame + middle]!);
}

describe('frames by presentation time', () => {
  test.each([
    { start: 0, end: 2, frames: 24 },
    { start: 0, end: 2, frames: 48 },
    { start: 0, end: 2, frames: 17 },
    { start: 0.5, end: 1.75, frames: 9 },
    { start: 1.9, end: 2, frames: 3 },
  ])('$frames frames of $start … $end s', async ({ start, end, frames }) => {
    const path = join(folder, 'clock.mp4');
    await stat(path).catch(() => makeClock(tools, path, 24, 12));
    const window = await decodeWindow(clip(path, start, end), { frames, size: 16 }, tools);
    const seen = middles(window, 16).map((grey) => Math.round((grey * 24) / 255));
    const expected = Array.from({ length: frames }, (_, i) =>
      Math.floor((start + ((i + 0.5) * (end - start)) / frames) * 12 + 0.02),
    );
    expect(seen).toEqual(expected);
  });

  test('an animation with uneven delays', async () => {
    const path = await makeAnimation(join(folder, 'uneven.webp'), { delays: [100, 300, 100, 500] });
    const window = await decodeWindow(clip(path, 0, 1), { frames: 10, size: 16 }, tools);
    const seen = middles(window, 16).map((grey) => Math.round((grey * 4) / 255));
    expect(seen).toEqual([0, 1, 1, 1, 2, 3, 3, 3, 3, 3]);
  });

  test('a still image fills the whole window', async () => {
    const path = join(folder, 'still.png');
    await sharp({ create: { width: 40, height: 30, channels: 3, background: '#0a64c8' } })
      .png()
      .toFile(path);
    const window = await decodeWindow(clip(path, 0, 0), { frames: 5, size: 16 }, tools);
    expect(window).toHaveLength(5 * 16 * 16 * 3);
    for (let at = 0; at < window.length; at += 3)
      expect([...window.subarray(at, at + 3)]).toEqual([10, 100, 200]);
  });

  test('a variable rate goes by time, not by count', async () => {
    const path = await makeVariableRate(tools, join(folder, 'variable.mp4'));
    const window = await decodeWindow(clip(path, 1.2, 1.55), { frames: 7, size: 16 }, tools);
    const frame = 16 * 16 * 3;
    // All seven moments lie within one long frame.
    for (let i = 1; i < 7; i++) {
      expect(window.subarray(i * frame, (i + 1) * frame)).toEqual(window.subarray(0, frame));
    }
  });
});

describe('square windows', () => {
  test('the middle of a wide picture is kept, its proportions too', async () => {
    // Thirds: red, green, blue; a centred square of 96×32 shows green only.
    const path = join(folder, 'thirds.mp4');
    const rgb = new Uint8Array(96 * 32 * 3);
    for (let i = 0; i < 96 * 32; i++) rgb[i * 3 + Math.floor((i % 96) / 32)] = 255;
    await encodeMp4({ frames: [rgb, rgb], width: 96, height: 32, frameRate: 10, outputPath: path, tools });
    const window = await decodeWindow(clip(path, 0, 0.2), { frames: 1, size: 16 }, tools);
    for (const pixel of [2, 8, 13]) {
      const [red, green, blue] = window.subarray((8 * 16 + pixel) * 3, (8 * 16 + pixel) * 3 + 3);
      expect(green).toBeGreaterThan(200);
      expect(Math.max(red!, blue!)).toBeLessThan(60);
    }
  });

  test.each([
    { name: 'VP9', file: 'alpha.webm', encoder: encoders.vp9Alpha },
    { name: 'QuickTime', file: 'alpha.mov', encoder: encoders.qtrleAlpha },
    { name: 'APNG', file: 'alpha.png', encoder: encoders.apng },
  ])('transparent parts of $name are white, without a green fringe', async ({ file, encoder }) => {
    const path = await makeAlphaFilm(tools, join(folder, file), encoder);
    const window = await decodeWindow(clip(path, 0, 1), { frames: 2, size: 16 }, tools);
    const pixel = (x: number) => [...window.subarray((8 * 16 + x) * 3, (8 * 16 + x) * 3 + 3)];
    const [red, green, blue] = pixel(2);
    expect(red).toBeGreaterThan(225);
    expect(Math.max(green!, blue!)).toBeLessThan(40);
    expect(Math.min(...pixel(13))).toBeGreaterThan(240);
    const [edgeRed, edgeGreen, edgeBlue] = pixel(8);
    // Between red and white: never greener than blue.
    expect(edgeRed).toBeGreaterThan(200);
    expect(Math.abs(edgeGreen! - edgeBlue!)).toBeLessThan(25);
  });

  test('transparent parts of WebP and GIF are white', async () => {
    for (const name of ['clear.webp', 'clear.gif']) {
      const path = await makeAnimation(join(folder, name), { delays: [100, 100], transparent: true });
      const window = await decodeWindow(clip(path, 0, 0.2), { frames: 2, size: 16 }, tools);
      expect([...window.subarray(0, 3)]).toEqual([255, 255, 255]);
      expect(middles(window, 16)[0]).toBeLessThan(10);
    }
  });
});

describe('failures', () => {
  test('a file that is not there, text, a missing ffmpeg, a cancelled call', async () => {
    const window = { frames: 2, size: 16 };
    const code = (promise: Promise<unknown>) =>
      promise.then(
        () => 'fine',
        (error: { code?: string }) => error.code,
      );
    expect(await code(decodeWindow(clip(join(folder, 'none.mp4'), 0, 1), window, tools))).toBe(
      'file-unreadable',
    );
    const text = await makeText(folder, 'text.gif');
    expect(await code(decodeWindow(clip(text, 0, 1), window, tools))).toBe('file-damaged');
    const film = await makeFilm(tools, join(folder, 'film.mp4'));
    const missing = { ...tools, ffmpeg: join(folder, 'no-such-ffmpeg') };
    expect(await code(decodeWindow(clip(film, 0, 1), window, missing))).toBe('ffmpeg-missing');
    expect(await code(decodeWindow(clip(film, 0, 1), window, tools, AbortSignal.abort()))).toBe('cancelled');
  });
});

describe('encoding', () => {
  const gradient = (i: number, width: number, height: number) =>
    Uint8Array.from({ length: width * height * 3 }, (_, at) => [(at / 3) % width, 40 + 8 * i, 200][at % 3]!);

  test('an MP4 comes back as it went in', async () => {
    const outputPath = join(folder, 'round.mp4');
    const frames = Array.from({ length: 17 }, (_, i) => gradient(i, 64, 64));
    await encodeMp4({ frames, width: 64, height: 64, frameRate: 12, outputPath, tools });
    const facts = await probeVideo(outputPath, tools);
    expect(facts).toMatchObject({ width: 64, height: 64, frameCount: 17, format: 'MP4 · H.264' });
    const back = await decodeWindow(clip(outputPath, 0, facts.duration), { frames: 17, size: 64 }, tools);
    let error = 0;
    frames.forEach((frame, i) =>
      frame.forEach((v, at) => (error += Math.abs(v - back[i * frame.length + at]!))),
    );
    expect(error / back.length).toBeLessThan(4);
    // Faststart: the index lies before the pictures.
    const bytes = await readFile(outputPath);
    expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
  });

  test('odd sizes and scaling give even sizes', async () => {
    const outputPath = join(folder, 'odd.mp4');
    await encodeMp4({
      frames: [gradient(0, 15, 9)],
      width: 15,
      height: 9,
      frameRate: 8,
      outputPath,
      tools,
      scale: 3,
    });
    expect(await probeVideo(outputPath, tools)).toMatchObject({ width: 46, height: 28 });
  });

  test('nothing is left behind when the frames fail or have the wrong size', async () => {
    const outputPath = join(folder, 'broken', 'x.mp4');
    const into = { width: 8, height: 8, frameRate: 8, tools };
    await expect(encodeMp4({ ...into, frames: [gradient(0, 8, 8)], outputPath })).rejects.toMatchObject({
      code: 'internal',
    });
    async function* failing() {
      yield gradient(0, 8, 8);
      throw new Error('the model gave up');
    }
    const before = await readdir(folder);
    const path = join(folder, 'never.mp4');
    await expect(encodeMp4({ ...into, frames: failing(), outputPath: path })).rejects.toThrow('gave up');
    await expect(encodeMp4({ ...into, frames: [gradient(0, 7, 8)], outputPath: path })).rejects.toThrow(
      'bytes',
    );
    expect(await readdir(folder)).toEqual(before);
  });

  test('a PNG is lossless', async () => {
    const rgb = gradient(3, 20, 10);
    const { data } = await sharp(await encodePng(rgb, 20, 10))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(new Uint8Array(data)).toEqual(rgb);
  });
});
