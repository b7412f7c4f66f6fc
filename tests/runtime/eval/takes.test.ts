/** Evaluation with takes, by the real worker on a model of random weights: measures, pictures of the takes, and cancelling. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { resolveTools } from '#main/engine/media/tools.ts';
import { evaluateRun } from '#main/workers/eval/evaluate-run.ts';
import type { WorkerContext } from '#main/workers/runtime/serve-worker.ts';
import { evalOptions } from '#shared/contract/evaluation.ts';
import type { EvalSpec, WorkerResult } from '#shared/contract/workers.ts';
import { temporaryFolder } from '../../fixtures/temporary-folder.ts';
import { untrainedRun } from '../gpt/untrained-run.ts';
import { start } from '../training/training-fixture.ts';

const { ffmpeg, ffprobe } = await resolveTools({ ffmpegPath: '', ffprobePath: '' });
const train = ['turtle', 'eyes', 'octopus'];

function member(name: string, i: number) {
  const path = fileURLToPath(new URL(`../../fixtures/clips/${name}.webp`, import.meta.url));
  const contentHash = createHash('sha256').update(readFileSync(path)).digest('hex');
  const clipId = `01ARZ3NDEKTSV4RRFFQ69G5FA${i}`;
  const split = train.includes(name) ? 'train' : 'test';
  return { clipId, path, contentHash, kind: 'animation', start: 0, end: 2, caption: `a ${name}`, split };
}

async function specIn(folder: string, options: object): Promise<EvalSpec> {
  const snapshotPath = join(folder, 'snapshot.json');
  const members = [...train, 'penguin', 'elephant'].map(member);
  writeFileSync(snapshotPath, JSON.stringify({ id: '01ARZ3NDEKTSV4RRFFQ69G5FAV', hash: 'hash', members }));
  return {
    ...evalOptions.parse({ preset: 'fast', ...options }),
    ...{ device: 'cpu', threads: 1, tools: { ffmpeg, ffprobe } },
    runId: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    runFolder: await untrainedRun(folder, 'frame'),
    ...{ snapshotPath, cacheFolder: join(folder, 'cache'), split: 'test' },
  };
}

it('measures takes of captions and prompts, and draws those of the prompts', async () => {
  const folder = temporaryFolder();
  const gridFolder = join(folder, 'grid');
  const prompts = ['a turtle walks', '一只企鹅', 'octopus'];
  const spec = await specIn(folder, { prompts, takes: 2, sample: 1, gridFolder, sampling: { seed: 7 } });
  const worker = start({ kind: 'eval', spec }, folder);
  const { report } = (await worker.result) as Extract<WorkerResult, { kind: 'eval' }>;

  const phases = ['reconstruct', 'predict', 'retrieve', 'sample', 'draw', 'compare'];
  expect([...worker.observed.phases]).toEqual(phases);
  const takes = report.takes!;
  expect(takes).toMatchObject({ prompts: 4, takesOfEach: 2 });
  expect(takes.takes.map(({ prompt }) => prompt).slice(2)).toEqual(prompts.flatMap((one) => [one, one]));
  expect(takes.takes.map(({ seed }) => seed)).toEqual([7, 8, 7, 8, 7, 8, 7, 8]);
  for (const { nearest } of takes.takes) {
    expect(train.map((name) => `a ${name}`)).toContain(nearest!.caption);
    expect(nearest!.distance).toBeGreaterThan(0);
    // Random weights copy nothing.
    expect(nearest!.tokenAgreement).toBeLessThan(0.5);
    expect(nearest!.copyScore).toBeLessThan(0.9);
  }
  expect(takes.typicalDistance).toBeGreaterThan(0);
  expect(takes.ofTakes!.motionDistance).toBeGreaterThan(0);
  expect(takes.ofRealClips!.motionDistance).toBeGreaterThan(0);
  expect(takes.ofTakes!.spectrumDistance).toBeGreaterThan(0);
  // Seeds must matter, and random weights do not listen to prompts.
  expect(takes.seedDiversity).toBeGreaterThan(0.3);

  expect(readdirSync(gridFolder).toSorted()).toEqual(['contact-sheet.png', 'grid.webp', 'prompts.txt']);
  const moving = await sharp(join(gridFolder, 'grid.webp')).metadata();
  // Clips of two seconds in nine frames.
  expect(moving).toMatchObject({ pages: 9, loop: 0, delay: Array.from({ length: 9 }, () => 222) });
  const sheet = await sharp(join(gridFolder, 'contact-sheet.png')).metadata();
  expect(sheet.width).toBeGreaterThan(2 * 4 * 128);
  expect(readFileSync(join(gridFolder, 'prompts.txt'), 'utf8')).toContain('2\t一只企鹅\tseeds 7, 8\n');
});

it('draws the captions where there are no prompts, and without takes leaves their measures out', async () => {
  const folder = temporaryFolder();
  const gridFolder = join(folder, 'grid');
  const spec = await specIn(folder, { takes: 1, sample: 2, gridFolder });
  const { report } = await evaluateRun(spec, contextOf(new AbortController()));
  expect(report.takes).toMatchObject({ prompts: 2, seedDiversity: null });
  const legend = readFileSync(join(gridFolder, 'prompts.txt'), 'utf8');
  expect(legend.split('\n')).toHaveLength(3);
  expect(legend).toContain('a penguin');

  const quick = await evaluateRun({ ...spec, quick: true }, contextOf(new AbortController()));
  expect(quick.report).toEqual({ ...report, takes: null });
});

it('stops in the middle of its takes when it is told to, and leaves no pictures behind', async () => {
  const folder = temporaryFolder();
  const gridFolder = join(folder, 'grid');
  const spec = await specIn(folder, { takes: 1, sample: 2, gridFolder });
  const stop = new AbortController();
  const evaluation = evaluateRun(spec, {
    ...contextOf(stop),
    progress: (phase, done) => {
      if (phase === 'sample' && done === 2) stop.abort();
    },
  });
  await expect(evaluation).rejects.toMatchObject({ code: 'cancelled' });
  expect(existsSync(gridFolder)).toBe(false);
});

function contextOf({ signal }: AbortController): WorkerContext {
  const nothing = () => {};
  return { signal, emit: nothing, notice: nothing, progress: nothing, plan: nothing, did: nothing };
}
