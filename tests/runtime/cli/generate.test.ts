/** `reelwright generate` as a process of its own, on a workspace with a run of random weights. */
import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Take, TakeConfidence } from '#shared/contract/generation.ts';
import { workspaceWithRun } from '../../fixtures/workspace-with-run.ts';

const entry = fileURLToPath(new URL('../../../src/main/cli/main.ts', import.meta.url));

let folder: string;
let workspace: string;
/** Frames of the model's window, and pixels a side. */
const [window, size] = [9, 16];
let clipId: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelwright-cli-'));
  workspace = join(folder, 'workspace');
  [, , clipId] = (await workspaceWithRun(workspace, ['eyes.webp', 'penguin.webp', 'turtle.webp'])) as [
    string,
    string,
    string,
  ];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function generate(...args: string[]) {
  const { stdout, stderr, exitCode } = await execa(
    process.execPath,
    [entry, '--workspace', workspace, ...args],
    { reject: false, cwd: folder, env: { LC_ALL: 'C' } },
  );
  return { stdout, stderr, exitCode };
}

interface Made {
  takes: { take: Take; path: string; bytes: number; confidence: TakeConfidence }[];
}

test('takes of one prompt are numbered files with seeds in a row, and say how sure the model was', async () => {
  const { stdout, exitCode } = await generate(
    '--json',
    'generate',
    'a turtle',
    ...['--takes', '3', '--seed', '7', '--preset', 'fast', '--output', 'turtle.mp4'],
  );
  expect(exitCode).toBe(0);
  const { takes } = JSON.parse(stdout) as Made;
  expect(takes.map(({ path }) => path)).toEqual([1, 2, 3].map((n) => join(folder, `turtle-${n}.mp4`)));
  expect(takes.every(({ path }) => existsSync(path))).toBe(true);
  expect(takes.map(({ take }) => take.sampling)).toMatchObject(
    [7, 8, 9].map((seed) => ({ seed, preset: 'fast', steps: 4 })),
  );
  const { rows, columns, latentFrames } = takes[0]!.confidence;
  expect([rows, columns, latentFrames.length]).toEqual([2, 2, 3]);
  expect(latentFrames.at(-1)).toMatchObject({ firstFrame: 5, frameCount: 4 });
  expect(latentFrames.flatMap(({ confidence }) => confidence).every((p) => p > 0 && p <= 1)).toBe(true);
});

test('a setting of its own goes before the preset; a preset that does not exist is a usage error', async () => {
  const { stdout } = await generate('--json', 'generate', '', '--preset', 'best', '--steps', '2');
  const [made] = (JSON.parse(stdout) as Made).takes;
  expect(made!.take).toMatchObject({ prompt: '', sampling: { preset: null, steps: 2, guidance: 3 } });
  const wrong = await generate('generate', 'a turtle', '--preset', 'reckless');
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toContain('balanced');
});

/** The only take of a command that must succeed. */
async function made(...args: string[]): Promise<Made['takes'][number]> {
  const { stdout, stderr, exitCode } = await generate('--json', 'generate', ...args, '--preset', 'fast');
  expect(exitCode, stderr).toBe(0);
  return (JSON.parse(stdout) as Made).takes[0]!;
}

const frameOf = (take: Take, frame: number) =>
  sharp(join(workspace, 'takes', take.id, `frame-${String(frame).padStart(4, '0')}.png`))
    .removeAlpha()
    .raw()
    .toBuffer();

test('extend: the clip goes on beyond the window, at its own pace', async () => {
  const { take, confidence } = await made('--task', 'extend', '--clip', 'turtle.webp', '--frames', '10');
  expect(take).toMatchObject({ status: 'done', prompt: '', task: { kind: 'extend', clipId, frames: 10 } });
  expect([take.framesDone, take.frameCount]).toEqual([window + 12, window + 12]);
  const sure = confidence.latentFrames.map((frame) => Math.min(...frame.confidence));
  expect(sure.slice(0, 3)).toEqual([1, 1, 1]);
  expect(Math.max(...sure.slice(3))).toBeLessThan(1);
  expect(confidence.latentFrames.at(-1)).toMatchObject({ firstFrame: window + 8, frameCount: 4 });
});

test('inpaint: pixels outside of the mask stay those of the clip', async () => {
  const { take } = await made('a hat', '--task', 'inpaint', '--clip', clipId, '--mask', '0,0,50%,8');
  expect(take.task).toMatchObject({ region: { x: 0, y: 0, width: 0.5, height: 0.5 } });
  const kept = await made('--task', 'extend', '--clip', clipId);
  for (const frame of [0, window - 1]) {
    const [filled, original] = [await frameOf(take, frame), await frameOf(kept.take, frame)];
    const differs = (inside: boolean) =>
      [...filled].some((value, i) => {
        const [x, y] = [Math.floor(i / 3) % size, Math.floor(i / 3 / size)];
        return (x < size / 2 && y < size / 2) === inside && value !== original[i];
      });
    expect([differs(true), differs(false)]).toEqual([true, false]);
  }
});

test('inbetween and loop: from picture to picture, and back to where it began', async () => {
  const kept = await made('--task', 'extend', '--clip', clipId);
  const picture = (frame: number) =>
    join(workspace, 'takes', kept.take.id, `frame-${String(frame).padStart(4, '0')}.png`);
  const between = await made('--task', 'inbetween', '--first', picture(0), '--last', picture(8));
  expect(between.take).toMatchObject({ framesDone: window, task: { kind: 'inbetween' } });
  const given = (take: TakeConfidence) => take.latentFrames.map(({ confidence }) => Math.min(...confidence));
  expect(given(between.confidence)[0]).toBe(1);
  const looped = await made('a turtle', '--task', 'loop', '--first', picture(0));
  expect(looped.take.framesDone).toBe(window);
  // The same first picture is the same first frame.
  expect(await frameOf(looped.take, 0)).toEqual(await frameOf(between.take, 0));
  const free = await made('a turtle', '--task', 'loop');
  expect(free.take.task).toEqual({ kind: 'loop' });
  expect(given(free.confidence)[0]).toBeLessThan(1);
});

test('what cannot be used is refused with a way out', async () => {
  const refused = async (...args: string[]) => {
    const { stdout, exitCode } = await generate('--json', 'generate', '--task', ...args);
    expect(exitCode).toBe(1);
    return (JSON.parse(stdout) as { error: { code: string; message: string } }).error;
  };
  expect(await refused('extend')).toMatchObject({
    code: 'invalid-input',
    message: expect.stringContaining('--clip') as string,
  });
  expect(await refused('inpaint', '--clip', 'unicorn', '--mask', '0,0,8,8')).toMatchObject({
    code: 'no-such-clip',
  });
  expect(await refused('loop', '--first', 'nowhere.png')).toMatchObject({ code: 'file-unreadable' });
  const wrong = await generate('generate', '--task', 'inpaint', '--mask', 'left');
  expect(wrong.exitCode).toBe(2);
});
