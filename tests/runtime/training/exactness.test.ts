/**
 * However a run is cut, it ends with the same bytes. Real workers are killed or stopped at random moments of their lives
 * and killed in the middle of saving; every file of every checkpoint is then compared with those of a run that nobody disturbed.
 *
 * `REELWRIGHT_KILL_SEED` repeats the draws of a run that failed, `REELWRIGHT_KILLS` asks for more of them.
 */
import { execFileSync } from 'node:child_process';
import { watch } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TrainSpec } from '#shared/contract/workers.ts';
import type { AppError } from '#shared/errors/app-error.ts';
import { Random } from '#shared/domain/random.ts';
import { mayMount } from '../../fixtures/may-mount.ts';
import {
  checkpointFiles,
  createWorkspace,
  curves,
  start,
  type Observed,
  type Workspace,
} from './training-fixture.ts';

const seed = Number(process.env['REELWRIGHT_KILL_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const wantedKills = Number(process.env['REELWRIGHT_KILLS'] ?? 100);
const random = Random.seeded(seed, 'kills');
/** A hundred workers have to start; on a machine that is busy with other things that takes a while. */
const KILLS_WITHIN_MS = 15 * 60_000;

let workspace: Workspace;
/** The run that nobody disturbs, and how long it took. */
let whole: { files: Map<string, string>; curves: Map<string, number>; milliseconds: number };

beforeAll(async () => {
  workspace = await createWorkspace();
  await train(workspace.newRun('decodes-the-clips')).result;
  const startedAt = performance.now();
  const worker = train(workspace.spec);
  await worker.result;
  whole = {
    files: await checkpointFiles(workspace.spec.runFolder),
    curves: curves(worker.observed),
    milliseconds: performance.now() - startedAt,
  };
  expect([...whole.files.keys()].filter((path) => path.endsWith('manifest.json')).length).toBeGreaterThan(3);
});
afterAll(() => workspace.remove());

const train = (spec: TrainSpec) => start({ kind: 'train', spec }, workspace.folder);

test(
  `killed at ${wantedKills} random moments, and stopped at others, runs end with the same bytes (seed ${seed})`,
  async () => {
    let kills = 0;
    let insideSaves = 0;
    let runs = 0;
    for (; kills < wantedKills; runs++) {
      const spec = workspace.newRun(`cut-${runs}`);
      const observed: Observed[] = [];
      const cuts: string[] = [];
      for (let end: unknown = 'not yet'; end !== null;) {
        const cut = await drawCut(spec);
        cuts.push(cut.description);
        observed.push(cut.worker.observed);
        end = await cut.worker.result.then(
          () => null,
          (error: AppError) => error.code,
        );
        cut.end();
        expect(['worker-killed', 'cancelled', null]).toContain(end);
        if (end === 'worker-killed') kills++;
        if (await hasUnfinished(spec)) insideSaves++;
      }
      const story = `seed ${seed}, run ${runs}: ${cuts.join(', ')}`;
      expect(await checkpointFiles(spec.runFolder), story).toEqual(whole.files);
      expect(curves(...observed), story).toEqual(whole.curves);
    }
    console.log(`${kills} kills in ${runs} runs, ${insideSaves} in the middle of saving; seed ${seed}`);
    expect(insideSaves).toBeGreaterThan(0);
  },
  KILLS_WITHIN_MS,
);

test('whatever time it is, and however often the clock is set, a run ends with the same bytes', async () => {
  const spec = workspace.newRun('clock');
  const preload = new URL('../../fixtures/preloads/shifted-clock.mjs', import.meta.url).href;
  const observed: Observed[] = [];
  try {
    process.env['NODE_OPTIONS'] = `--import ${preload}`;
    // Years behind, then years ahead, then behind again: the first two are killed on their way.
    for (const [i, years] of [-20, 30, -5].entries()) {
      process.env['CLOCK_SHIFT_MS'] = String(years * 365 * 86_400_000);
      const worker = start({ kind: 'train', spec }, workspace.folder, ({ stage, step }, process) => {
        if (i < 2 && stage === ['tokenizer', 'gpt'][i] && step >= 4) process.kill();
      });
      observed.push(worker.observed);
      const end = await worker.result.catch((error: AppError) => error.code);
      if (i < 2) expect(end).toBe('worker-killed');
    }
  } finally {
    delete process.env['NODE_OPTIONS'];
    delete process.env['CLOCK_SHIFT_MS'];
  }
  expect(await checkpointFiles(spec.runFolder)).toEqual(whole.files);
  expect(curves(...observed)).toEqual(whole.curves);
});

test.skipIf(!mayMount)('a disk that fills up during a save costs nothing that was saved before', async () => {
  const spec = workspace.newRun('full-disk');
  await mkdir(spec.runFolder);
  const size = (kilobytes: number, ...options: string[]) =>
    execFileSync('mount', [
      ...['-t', 'tmpfs', '-o', [...options, `size=${kilobytes}k`].join(), 'tmpfs', spec.runFolder],
    ]);
  // Room for two checkpoints of the tokenizer, not for three.
  size(1200);
  try {
    const first = train(spec);
    await expect(first.result).rejects.toMatchObject({ code: 'disk-full' });
    const kept = await checkpointFiles(spec.runFolder);
    expect(first.observed.checkpoints.length).toBeGreaterThan(0);
    expect([...kept.keys()].filter((path) => path.endsWith('manifest.json')).length).toBeGreaterThan(0);
    expect(await hasUnfinished(spec)).toBe(false);
    size(100_000, 'remount');
    const second = train(spec);
    await second.result;
    const resumedAt = second.observed.points.find(({ name }) => name === 'clips-per-second')!;
    expect(resumedAt.step).toBe(first.observed.checkpoints.at(-1)!.step + 1);
    expect(await checkpointFiles(spec.runFolder)).toEqual(whole.files);
    expect(curves(first.observed, second.observed)).toEqual(whole.curves);
  } finally {
    execFileSync('umount', [spec.runFolder]);
  }
});

interface Cut {
  description: string;
  worker: ReturnType<typeof start>;
  end(): void;
}

function drawCut(spec: TrainSpec): Promise<Cut> {
  const kind = random.uniform();
  if (kind < 0.4) return killInSave(spec);
  const milliseconds = random.uniform() * whole.milliseconds;
  return kind < 0.9 ? cutAt('killed', spec, milliseconds) : cutAt('stopped', spec, milliseconds);
}

/** So many milliseconds after the worker was started, unless it has finished by then. */
async function cutAt(how: 'killed' | 'stopped', spec: TrainSpec, milliseconds: number): Promise<Cut> {
  const worker = train(spec);
  const timer = setTimeout(() => (how === 'killed' ? worker.kill() : worker.cancel()), milliseconds);
  return {
    description: `${how} after ${milliseconds.toFixed()} ms`,
    worker,
    end: () => clearTimeout(timer),
  };
}

/** Kills the worker in one of its next saves: within milliseconds after a folder for something unfinished appears. */
async function killInSave(spec: TrainSpec): Promise<Cut> {
  const saves = 1 + random.integer(6);
  const milliseconds = random.uniform() * 6;
  const folders = await Promise.all(
    stageFolders(spec).map((folder) => mkdir(folder, { recursive: true }).then(() => folder)),
  );
  const seen = new Set<string>();
  const worker = train(spec);
  const watchers = folders.map((folder) =>
    watch(folder, (_, name) => {
      if (!name?.startsWith('.') || seen.size === saves) return;
      seen.add(`${folder}/${name}`);
      if (seen.size === saves) setTimeout(() => worker.kill(), milliseconds);
    }),
  );
  return {
    description: `killed ${milliseconds.toFixed(1)} ms into save ${saves}`,
    worker,
    end: () => watchers.forEach((watcher) => watcher.close()),
  };
}

/** Whether something lies there that was being written or removed when the worker died. */
async function hasUnfinished(spec: TrainSpec): Promise<boolean> {
  const names = await Promise.all(stageFolders(spec).map((folder) => readdir(folder).catch(() => [])));
  return names.flat().some((name) => name.startsWith('.'));
}

const stageFolders = ({ runFolder }: TrainSpec) =>
  ['tokenizer', 'gpt'].map((stage) => join(runFolder, 'checkpoints', stage));
