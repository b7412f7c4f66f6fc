/** The import worker as a real process: every format, every fault, and originals that nobody touches. */
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import sharp from 'sharp';
import type { ImportedAsset, ImportFileResult } from '#shared/contract/workers.ts';
import { groupClips } from '#shared/domain/near-duplicates.ts';
import { startWorker } from '#main/engine/jobs/worker-process.ts';
import { resolveTools, type ResolvedTools } from '#main/engine/media/tools.ts';
import {
  cutOff,
  encoders,
  makeAlphaFilm,
  makeAnimation,
  makeFilm,
  makeRotated,
  makeText,
  makeVariableRate,
} from '../../fixtures/make-media.ts';

const fixtures = resolve('tests/fixtures/clips');
let folder: string;
let store: string;
let tools: ResolvedTools;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelwright-import-'));
  store = join(folder, 'store');
  tools = await resolveTools({ ffmpegPath: '', ffprobePath: '' });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function importPaths(paths: string[], knownHashes: string[] = []) {
  const files: ImportFileResult[] = [];
  const phases: string[] = [];
  const worker = startWorker({
    request: { kind: 'import', spec: { paths, tools, storeFolder: store, knownHashes } },
    entry: resolve('src/main/workers/import.ts'),
    folder,
    logPath: join(folder, 'import.log'),
    silentAfterMs: 60_000,
    stopWithinMs: 10_000,
    onEvent: (name, payload) => {
      if (name === 'file') files.push(payload as ImportFileResult);
      if (name === 'progress') phases.push((payload as { phase: string }).phase);
    },
  });
  await worker.result;
  return { files, phases };
}

async function subfolder(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  return path;
}

const assetsOf = (files: ImportFileResult[]) =>
  files.flatMap((file) => (file.outcome === 'imported' ? [file.asset] : []));
const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
/** `film.mp4: failed file-empty`, sorted. */
const outcomes = (files: ImportFileResult[]) =>
  files
    .map((file) => {
      const path = file.outcome === 'imported' ? file.asset.path : file.path;
      return `${nameOf(path)}: ${file.outcome}${'reason' in file ? ` ${file.reason.code}` : ''}`;
    })
    .sort();

async function hashTree(root: string): Promise<Record<string, string>> {
  const names = (await readdir(root, { recursive: true, withFileTypes: true })).filter((e) => e.isFile());
  const paths = names.map((entry) => join(entry.parentPath, entry.name)).sort();
  const entries = paths.map(async (path) => [
    path,
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
  ]);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, string>;
}

describe('the fixture folder', () => {
  let files: ImportFileResult[];
  let phases: string[];
  let before: Record<string, string>;
  beforeAll(async () => {
    before = await hashTree(fixtures);
    ({ files, phases } = await importPaths([fixtures]));
  });

  test('twelve emoji and two videos come in with their captions; the rest is listed', () => {
    expect(assetsOf(files)).toHaveLength(14);
    expect(outcomes(files).filter((line) => !line.endsWith('imported'))).toEqual([
      'LICENSE-emoji: skipped file-unsupported',
      'README.md: skipped file-unsupported',
    ]);
    const tea = assetsOf(files).find((asset) => asset.path.endsWith('green-tea.webp'))!;
    expect(tea).toMatchObject({
      kind: 'animation',
      format: 'WebP',
      width: 256,
      height: 256,
      frameCount: 47,
      duration: 1.974,
      hasAlpha: true,
      hasAudio: false,
      variableFrameRate: false,
      caption: '一杯冒着热气的绿茶',
    });
    expect(phases).toContain('scan');
    expect(phases.at(-1)).toBe('import');
  });

  test('videos are cut into clips that lie end to end, none longer than four seconds', () => {
    const video = assetsOf(files).find((asset) => asset.path.endsWith('bunny-wakes.mp4'))!;
    expect(video).toMatchObject({
      kind: 'video',
      format: 'MP4 · H.264',
      hasAudio: true,
      width: 480,
      height: 270,
    });
    expect(video.clips).toHaveLength(2);
    expect(video.clips[0]!.start).toBe(0);
    expect(video.clips[1]!.start).toBeCloseTo(video.clips[0]!.end, 9);
    expect(video.clips[1]!.end).toBeCloseTo(video.duration, 9);
    expect(video.clips.every((clip) => clip.end - clip.start <= 4)).toBe(true);
  });

  test('posters and strips lie in the store under their hash', async () => {
    for (const { clips } of assetsOf(files)) {
      for (const clip of clips) {
        for (const hash of [clip.thumbnail, clip.strip]) {
          const bytes = await readFile(join(store, hash.slice(0, 2), hash.slice(2)));
          expect(createHash('sha256').update(bytes).digest('hex')).toBe(hash);
        }
        const strip = await sharp(join(store, clip.strip.slice(0, 2), clip.strip.slice(2))).metadata();
        expect(strip.format).toBe('webp');
        expect(strip.height).toBeLessThanOrEqual(160);
        expect(strip.width % 10).toBe(0);
        const poster = await sharp(
          join(store, clip.thumbnail.slice(0, 2), clip.thumbnail.slice(2)),
        ).metadata();
        expect(Math.max(poster.width, poster.height)).toBeLessThanOrEqual(320);
      }
    }
  });

  test('different emoji are groups of their own', () => {
    const clips = assetsOf(files).flatMap((asset) =>
      asset.clips.map((clip, i) => ({
        id: `${asset.path}#${i}`,
        assetId: asset.path,
        perceptualHashes: clip.perceptualHashes,
      })),
    );
    expect(new Set(groupClips(clips).values()).size).toBe(14);
  });

  test('originals are as they were', async () => {
    expect(await hashTree(fixtures)).toEqual(before);
  });

  test('what is known is a duplicate', async () => {
    const known = assetsOf(files).map((asset) => asset.contentHash);
    const again = await importPaths([join(fixtures, 'eyes.webp'), join(fixtures, 'turtle.webp')], known);
    expect(outcomes(again.files)).toEqual(['eyes.webp: duplicate', 'turtle.webp: duplicate']);
  });
});

test('every format comes in with the right facts', async () => {
  const root = await subfolder('formats');
  const at = (name: string) => join(root, name);
  const sound = { sound: true };
  await makeFilm(tools, at('film.mp4'), { ...sound, seconds: 2 });
  await makeFilm(tools, at('film.mov'), { seconds: 1, width: 97, height: 63, encoder: ['-c:v', 'mjpeg'] });
  await makeFilm(tools, at('film.webm'), { ...sound, encoder: [...encoders.vp9] });
  await makeFilm(tools, at('film.mkv'), { ...sound, frameRate: 30 });
  await makeFilm(tools, at('film.avi'), { ...sound, encoder: [...encoders.mpeg4] });
  await makeFilm(tools, at('film.png'), { encoder: [...encoders.apng] });
  await makeAnimation(at('film.gif'), { delays: [100, 100, 100, 100] });
  await makeAnimation(at('uneven.webp'), { delays: [50, 250, 50, 250], transparent: true });
  await makeRotated(tools, at('rotated.mp4'));
  await rm(at('rotated.mp4.upright.mp4'));
  await makeVariableRate(tools, at('variable.mp4'));
  await makeAlphaFilm(tools, at('alpha.webm'), encoders.vp9Alpha);
  await makeAlphaFilm(tools, at('alpha.mov'), encoders.qtrleAlpha);
  const upright = { width: 60, height: 40, channels: 3, background: '#888' } as const;
  await sharp({ create: upright }).jpeg().withMetadata({ orientation: 6 }).toFile(at('still.jpg'));

  const { files } = await importPaths([root]);
  const facts = new Map(assetsOf(files).map((asset) => [nameOf(asset.path), asset]));
  const expected: Record<string, Partial<ImportedAsset>> = {
    'film.mp4': {
      kind: 'video',
      format: 'MP4 · H.264',
      width: 96,
      height: 64,
      duration: 2,
      frameRate: 10,
      frameCount: 20,
      hasAudio: true,
    },
    'film.mov': { format: 'MOV · Motion JPEG', width: 97, height: 63, hasAudio: false },
    'film.webm': { format: 'WebM · VP9', hasAudio: true, hasAlpha: false },
    'film.mkv': { format: 'MKV · H.264', hasAudio: true, frameCount: 30, variableFrameRate: false },
    'film.avi': { format: 'AVI · MPEG-4', hasAudio: true },
    'film.png': { kind: 'animation', format: 'APNG', frameCount: 10, hasAlpha: true },
    'film.gif': {
      kind: 'animation',
      format: 'GIF',
      frameCount: 4,
      duration: 0.4,
      width: 32,
      height: 24,
      hasAlpha: false,
    },
    'uneven.webp': { kind: 'animation', duration: 0.6, variableFrameRate: true, hasAlpha: true },
    'rotated.mp4': { width: 64, height: 96, rotation: 90 },
    'variable.mp4': { variableFrameRate: true, rotation: 0 },
    'alpha.webm': { hasAlpha: true },
    'alpha.mov': { hasAlpha: true, format: 'MOV · QuickTime Animation' },
    'still.jpg': {
      kind: 'image',
      format: 'JPEG',
      width: 40,
      height: 60,
      rotation: 90,
      frameCount: 1,
      duration: 0,
    },
  };
  expect(outcomes(files).filter((line) => !line.endsWith('imported'))).toEqual([]);
  for (const [name, want] of Object.entries(expected)) {
    const got = facts.get(name)!;
    const { frameRate, duration, ...exact } = want;
    expect(got, name).toMatchObject(exact);
    if (frameRate !== undefined) expect(got.frameRate).toBeCloseTo(frameRate, 1);
    if (duration !== undefined) expect(got.duration).toBeCloseTo(duration, 1);
    expect(got.clips.length, name).toBeGreaterThan(0);
  }
});

test('faults are listed with their reason, and the rest goes on', async () => {
  const root = await subfolder('faults');
  const at = (name: string) => join(root, name);
  await makeFilm(tools, at('good.mp4'));
  await writeFile(at('empty.mp4'), '');
  await makeText(root, 'text.mp4');
  await makeText(root, 'text.gif');
  await makeText(root, 'script.docx');
  await makeText(root, 'notes.txt');
  await makeText(root, '.hidden.mp4');
  await makeText(
    root,
    'playlist.mp4',
    '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\ngood.mp4\n#EXT-X-ENDLIST\n',
  );
  const late = await makeFilm(tools, at('cut-index.mp4'), { seconds: 3 });
  await cutOff(late, 5000);
  const early = { seconds: 6, encoder: [...encoders.h264, '-movflags', '+faststart'] };
  const front = await makeFilm(tools, at('cut-front.mp4'), early);
  await cutOff(front, Math.floor((await readFile(front)).length / 2));
  const webm = await makeFilm(tools, at('cut.webm'), { seconds: 6, encoder: [...encoders.vp9] });
  await cutOff(webm, Math.floor((await readFile(webm)).length / 2));
  const emoji = at('cut.webp');
  await copyFile(join(fixtures, 'turtle.webp'), emoji);
  await cutOff(emoji, 100_000);
  const gif = await makeAnimation(at('cut.gif'), {
    delays: Array<number>(20).fill(50),
    width: 200,
    height: 100,
  });
  await cutOff(gif, Math.floor((await readFile(gif)).length / 2));
  await makeFilm(tools, at('sound-only.mp4'), { sound: true, encoder: ['-map', '1:a'] });

  const { files } = await importPaths([root, join(folder, 'nowhere')]);
  expect(outcomes(files)).toEqual([
    'cut-front.mp4: failed file-damaged',
    'cut-index.mp4: failed file-damaged',
    'cut.gif: failed file-damaged',
    'cut.webm: failed file-damaged',
    'cut.webp: failed file-damaged',
    'empty.mp4: failed file-empty',
    'good.mp4: imported',
    'notes.txt: skipped file-unsupported',
    'nowhere: failed file-unreadable',
    'playlist.mp4: failed file-not-media',
    'script.docx: skipped file-unsupported',
    'sound-only.mp4: failed file-not-media',
    'text.gif: failed file-not-media',
    'text.mp4: failed file-not-media',
  ]);
});

test('captions: byte order mark, wrong encoding, two clips of one name, copies within an import', async () => {
  const root = await subfolder('captions');
  const at = (name: string) => join(root, name);
  await copyFile(join(fixtures, 'eyes.webp'), at('a.webp'));
  await copyFile(join(fixtures, 'eyes.webp'), at('b.webp'));
  await copyFile(join(fixtures, 'turtle.webp'), at('c.webp'));
  await copyFile(join(fixtures, 'penguin.webp'), at('d.webp'));
  await writeFile(at('a.txt'), '\ufeffline one\r\nline two\n');
  await writeFile(at('c.txt'), Buffer.from([0xff, 0xfe, 0x41, 0x00]));
  await writeFile(at('d.txt'), 'x'.repeat(2001));
  const { files } = await importPaths([root]);
  expect(outcomes(files)).toEqual([
    'a.webp: imported',
    'b.webp: duplicate',
    'c.txt: failed caption-unreadable',
    'c.webp: imported',
    'd.txt: failed caption-unreadable',
    'd.webp: imported',
  ]);
  expect(
    assetsOf(files)
      .map((asset) => asset.caption)
      .sort(),
  ).toEqual(['', '', 'line one line two']);
});

test('folders: symbolic links in circles end, and a folder without permission is reported', async () => {
  const root = await subfolder('tree');
  await mkdir(join(root, 'inner', 'locked'), { recursive: true });
  await symlink(root, join(root, 'inner', 'back'));
  await symlink(join(root, 'gone'), join(root, 'inner', 'broken.mp4'));
  await copyFile(join(fixtures, 'eyes.webp'), join(root, 'inner', 'eyes.webp'));
  await chmod(join(root, 'inner', 'locked'), 0o000);
  const { files } = await importPaths([root]);
  await chmod(join(root, 'inner', 'locked'), 0o700);
  // The superuser may read everything.
  const locked = process.getuid?.() === 0 ? [] : ['locked: failed file-unreadable'];
  expect(outcomes(files)).toEqual(['broken.mp4: failed file-unreadable', 'eyes.webp: imported', ...locked]);
});
