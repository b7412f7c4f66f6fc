/** Takes and captions, made by the real workers from checkpoints on disk. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { startWorker } from '#main/engine/jobs/worker-process.ts';
import { probeStream } from '#main/engine/media/probe.ts';
import { resolveTools } from '#main/engine/media/tools.ts';
import { generateTakes } from '#main/workers/generate/generate-take.ts';
import type { WorkerSpec } from '#shared/contract/workers.ts';
import { sampling } from '#shared/contract/generation.ts';
import { temporaryFolder } from '../../fixtures/temporary-folder.ts';
import { untrainedRun } from './untrained-run.ts';
import { quietContext } from '../quiet-context.ts';

const tools = await resolveTools({ ffmpegPath: '', ffprobePath: '' });
const compute = { device: 'cpu', threads: 1, tools } as const;

function generateSpec(runFolder: string, folder: string, settings: object = {}) {
  const { seed, ...steered } = sampling.parse({ steps: 3, ...settings });
  const takes = [{ folder, seed }];
  const request = { prompt: 'a turtle walks', task: { kind: 'generate' }, sampling: steered } as const;
  return { ...compute, ...request, runFolder, takes, frameRate: 8 };
}

/** Runs a worker as a process of its own; also gives the `frames` events. */
async function work(request: WorkerSpec, folder: string) {
  const frames: unknown[] = [];
  const { result } = startWorker({
    request,
    entry: fileURLToPath(new URL(`../../../src/main/workers/${request.kind}.ts`, import.meta.url)),
    folder,
    logPath: join(folder, 'worker.log'),
    silentAfterMs: 120_000,
    stopWithinMs: 120_000,
    onEvent: (name, payload) => {
      if (name === 'frames') frames.push(payload);
    },
  });
  return { result: await result, frames };
}

const tokensOf = (takeFolder: string) =>
  JSON.parse(readFileSync(join(takeFolder, 'tokens.json'), 'utf8')) as {
    tokens: number[];
    confidence: number[];
    sampling: { seed: number };
  };

describe('generating', () => {
  it.each(['frame', 'raster'] as const)('makes pictures, tokens and a video in %s order', async (order) => {
    const folder = temporaryFolder();
    const takeFolder = join(folder, 'take');
    const spec = generateSpec(await untrainedRun(folder, order), takeFolder);
    const { result, frames } = await work({ kind: 'generate', spec }, folder);

    expect(result).toEqual({ kind: 'generate', frames: 9, stopped: false });
    const size = { total: 9, width: 16, height: 16 };
    expect(frames).toEqual([1, 5, 9].map((done) => ({ take: 0, done, ...size })));
    const pictures = Array.from({ length: 9 }, (_, i) => `frame-000${i}.png`);
    expect(readdirSync(takeFolder).toSorted()).toEqual([...pictures, 'take.mp4', 'tokens.json']);
    expect(await sharp(join(takeFolder, 'frame-0008.png')).metadata()).toMatchObject({
      width: 16,
      height: 16,
    });
    const video = await probeStream(join(takeFolder, 'take.mp4'), tools);
    expect(video).toMatchObject({ width: 256, height: 256 });

    const { tokens, confidence } = tokensOf(takeFolder);
    expect(tokens).toHaveLength(12);
    expect(Math.max(...tokens)).toBeLessThan(1000);
    expect(confidence.every((share) => share > 0 && share <= 1)).toBe(true);
  });

  it.each(['frame', 'raster'] as const)(
    'gives the same tokens for the same seed in %s order',
    async (order) => {
      const folder = temporaryFolder();
      const runFolder = await untrainedRun(folder, order);
      const context = quietContext();
      const take = async (name: string, settings: object) => {
        const takeFolder = join(folder, name);
        await generateTakes(generateSpec(runFolder, takeFolder, settings), context);
        return tokensOf(takeFolder).tokens;
      };
      const first = await take('first', { seed: 5 });
      expect(await take('again', { seed: 5 })).toEqual(first);
      expect(await take('other', { seed: 6 })).not.toEqual(first);
      expect(await take('unguided', { seed: 5, guidance: 1 })).toHaveLength(12);
    },
  );

  it('makes a take of a model that reads what a prompt means beside its words', async () => {
    const folder = temporaryFolder();
    const spec = generateSpec(await untrainedRun(folder, 'frame', 384), join(folder, 'take'));
    const { result } = await work({ kind: 'generate', spec }, folder);
    expect(result).toEqual({ kind: 'generate', frames: 9, stopped: false });
  });

  it('makes takes side by side, each with the tokens that it has alone', async () => {
    const folder = temporaryFolder();
    const runFolder = await untrainedRun(folder, 'frame');
    const take = (seed: number, name: string) => ({ folder: join(folder, name), seed });
    const spec = (takes: ReturnType<typeof take>[]) => ({
      kind: 'generate' as const,
      spec: { ...generateSpec(runFolder, ''), takes },
    });
    const together = await work(spec([take(4, 'four'), take(5, 'five')]), folder);
    expect(together.frames).toMatchObject(
      [1, 5, 9].flatMap((done) => [
        { take: 0, done },
        { take: 1, done },
      ]),
    );
    await work(spec([take(5, 'alone')]), folder);
    expect(tokensOf(join(folder, 'five'))).toEqual(tokensOf(join(folder, 'alone')));
    expect(tokensOf(join(folder, 'four')).sampling.seed).toBe(4);
    expect(tokensOf(join(folder, 'four')).tokens).not.toEqual(tokensOf(join(folder, 'five')).tokens);
    expect(readdirSync(join(folder, 'four'))).toEqual(readdirSync(join(folder, 'alone')));
  });

  it('keeps what is there when it is stopped', async () => {
    const folder = temporaryFolder();
    const takeFolder = join(folder, 'take');
    const stop = new AbortController();
    const context = quietContext({ signal: stop.signal, emit: () => stop.abort() });
    const spec = generateSpec(await untrainedRun(folder, 'frame'), takeFolder);
    const result = await generateTakes(spec, context);
    expect(result).toEqual({ frames: 1, stopped: true });
    expect(readdirSync(takeFolder).toSorted()).toEqual(['frame-0000.png', 'take.mp4', 'tokens.json']);
    expect(tokensOf(takeFolder).tokens).toHaveLength(4);
  });

  it('says that there is no checkpoint yet', async () => {
    const folder = temporaryFolder();
    const spec = generateSpec(join(folder, 'no-run'), join(folder, 'take'));
    await expect(work({ kind: 'generate', spec }, folder)).rejects.toMatchObject({
      code: 'checkpoint-missing',
    });
  });
});

describe('captioning', () => {
  it('writes a text and its probability for each clip', async () => {
    const folder = temporaryFolder();
    const path = fileURLToPath(new URL('../../fixtures/clips/turtle.webp', import.meta.url));
    const contentHash = createHash('sha256').update(readFileSync(path)).digest('hex');
    const clipId = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
    const clip = { clipId, path, contentHash, kind: 'animation', start: 0, end: 2, caption: '' } as const;
    const spec = {
      ...compute,
      runFolder: await untrainedRun(folder, 'frame'),
      cacheFolder: join(folder, 'cache'),
      clips: [clip, clip],
    };
    const { result } = await work({ kind: 'caption', spec }, folder);
    if (result.kind !== 'caption') throw new Error(`a ${result.kind} result`);
    const [first, second] = result.suggestions;
    expect(first).toMatchObject({ clipId, text: expect.any(String) as string });
    expect(first!.logProbability).toBeLessThan(0);
    // Writing is greedy: the same clip is described in the same words.
    expect(second).toEqual(first);
  });
});
