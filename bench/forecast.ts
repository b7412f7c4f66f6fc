/**
 * How true the forecast of a run is: a dry run, then the real run, both through the engine on the clips of the tests, each
 * part beside its forecast; and at every report on the way the end that it foretold:
 * node bench/forecast.ts [setting=value …]
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobProgress } from '#shared/contract/jobs.ts';
import type { Forecast } from '#shared/contract/forecast.ts';
import { totalSeconds, diskBytes } from '#shared/domain/needs.ts';
import { workOf, type Work } from '#main/ml/forecast/work.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';
import { formatBytes, formatDuration, table } from '#main/cli/format.ts';
import { setting } from '#main/cli/option-parsers.ts';
import { connectInProcess, type EngineClient } from '#main/engine/engine-client.ts';
import { startEngine } from '#main/engine/engine.ts';

const clips = fileURLToPath(new URL('../tests/fixtures/clips', import.meta.url));
/** Reports in the first share of a phase are not judged: there is little to go by yet. */
const SETTLING_SHARE = 0.05;
const LAST_SECONDS = 5;

/** Epochs for about two minutes on two cores. */
const defaults = ['tokenizer.epochs=24', 'gpt.epochs=24'];
const config = trainingConfig.parse(
  [...defaults, ...process.argv.slice(2)].reduce<Record<string, unknown>>(
    (settings, text) => setting(text, settings),
    {},
  ),
);

interface Report extends JobProgress {
  /** Seconds since the start. */
  at: number;
}

async function follow(client: EngineClient, start: () => Promise<{ id: string }>) {
  const startedAt = performance.now();
  const reports: Report[] = [];
  let jobId = '';
  let settle: (status: string) => void;
  const over = new Promise<string>((resolve) => (settle = resolve));
  const stop = [
    client.listen('jobs.progress', (progress) =>
      reports.push({ ...progress, at: (performance.now() - startedAt) / 1000 }),
    ),
    client.listen('jobs.changed', (job) => {
      if (job.id === jobId && job.finishedAt !== null) settle(job.error?.code ?? job.status);
    }),
  ];
  jobId = (await start()).id;
  const status = await over;
  for (const end of stop) end();
  if (status !== 'done') throw new Error(`the job ended: ${status}`);
  return { seconds: (performance.now() - startedAt) / 1000, reports };
}

/** Watches the most memory that any worker of this process holds; Linux alone tells. */
function watchMemory() {
  let peak = 0;
  const look = async () => {
    const own = `/proc/${process.pid}/task/${process.pid}/children`;
    const children = (await readFile(own, 'utf8').catch(() => '')).trim().split(' ').filter(Boolean);
    for (const child of children) {
      const status = await readFile(`/proc/${child}/status`, 'utf8').catch(() => '');
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024);
    }
  };
  const timer = setInterval(() => void look(), 200);
  return { peak: () => peak, stop: () => clearInterval(timer) };
}

async function bytesUnder(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async (f) => (await readFile(join(f.parentPath, f.name))).length),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** How far each report was from the real end, as a share of what was really left. */
function deviations(
  reports: readonly Report[],
  total: number,
): { at: number; phase: string; deviation: number }[] {
  return reports.flatMap(({ at, phase, done, total: units, secondsLeft }) => {
    const left = total - at;
    // The last seconds cannot be told as a share of themselves.
    if (secondsLeft === null || left < LAST_SECONDS || done < units * SETTLING_SHARE) return [];
    return [{ at, phase, deviation: secondsLeft / left - 1 }];
  });
}

type Took = { activity: string; count: number; seconds: number }[];

/** What each kind of work really took, as the worker's log tells. */
async function readTook(logs: string): Promise<Took> {
  const newest = (await readdir(logs)).toSorted().at(-1)!;
  const lines = (await readFile(join(logs, newest), 'utf8')).split('\n');
  return (JSON.parse(lines.find((line) => line.startsWith('{"took"'))!) as { took: Took }).took;
}

const ms = (seconds: number) => `${(1000 * seconds).toFixed(1)} ms`;
const percent = (share: number) => `${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)} %`;

function printPieces(work: readonly Work[], took: Took): void {
  const rows = work.map(({ activity, count, seconds }) => {
    const real = took.find((one) => one.activity === activity)!;
    const each = real.seconds / Math.max(1, real.count);
    return [activity, count, real.count, ms(seconds!), ms(each), percent(seconds! / each - 1)];
  });
  console.log(table(['piece', 'planned', 'done', 'forecast', 'real', 'off by'], rows));
}

function printTotals(
  { needs }: Forecast,
  work: readonly Work[],
  real: { seconds: number; took: Took; memory: number; disk: number },
): void {
  const line = (name: string, foretold: number, found: number, format: (value: number) => string) => [
    name,
    format(foretold),
    format(found),
    percent(foretold / found - 1),
  ];
  const precise = (value: number) => `${value.toFixed(1)} s`;
  const phases = Object.entries(needs.seconds!).map(([phase, foretold]) => {
    const ofPhase = work.filter((one) => one.phase === phase).map(({ activity }) => activity);
    const pieces = real.took.filter(({ activity }) => ofPhase.some((one) => one === activity));
    return line(
      phase,
      foretold,
      pieces.reduce((sum, { seconds }) => sum + seconds, 0),
      precise,
    );
  });
  console.log(
    table(
      ['in all', 'forecast', 'real', 'off by'],
      [
        ...phases,
        line('time', totalSeconds(needs.seconds!), real.seconds, precise),
        ...(real.memory > 0 ? [line('memory', needs.memoryBytes, real.memory, formatBytes)] : []),
        line('disk', diskBytes(needs), real.disk, formatBytes),
      ],
    ),
  );
}

function printTimeLeft(run: { seconds: number; reports: Report[] }): void {
  const judged = deviations(run.reports, run.seconds);
  const worst = judged.toSorted((a, b) => Math.abs(b.deviation) - Math.abs(a.deviation))[0]!;
  const within = judged.filter(({ deviation }) => Math.abs(deviation) <= 0.15).length / judged.length;
  console.log(
    `Time left, ${judged.length} reports: ${(100 * within).toFixed(1)} % of them within 15 %; furthest off ` +
      `${percent(worst.deviation)} at ${worst.at.toFixed(0)} s of ${run.seconds.toFixed(0)} s (${worst.phase})`,
  );
  for (const phase of new Set(judged.map((one) => one.phase))) {
    const ofPhase = judged.filter((one) => one.phase === phase).map(({ deviation }) => Math.abs(deviation));
    console.log(`  ${phase}: at most ${(100 * Math.max(...ofPhase)).toFixed(1)} %`);
  }
}

const workspace = await mkdtemp(join(tmpdir(), 'reelwright-forecast-'));
const engine = await startEngine({ workspace });
const client = connectInProcess(engine);
try {
  await follow(client, () => client.call('imports.start', { paths: [clips] }));
  const { id: snapshotId, parts } = await client.call('splits.createSnapshot', {
    name: 'clips',
    request: {},
  });
  console.log(parts.map(({ split, clips: count }) => `${split} ${count}`).join(', '), 'clips');
  const dryRun = await follow(client, () => client.call('forecast.measure', { snapshotId, config }));
  console.log(`The dry run took ${formatDuration(dryRun.seconds)}.`);
  const forecast = await client.call('forecast.get', { snapshotId, config });
  const memory = watchMemory();
  const run = await follow(client, async () => {
    const { jobId } = await client.call('training.start', { snapshotId, config, force: true });
    return { id: jobId };
  });
  memory.stop();
  const disk =
    (await bytesUnder(join(workspace, 'runs'))) + (await bytesUnder(join(workspace, 'cache/tokens')));
  const took = await readTook(join(workspace, 'logs'));
  const work = workOf(config, forecast.costs!.clips, forecast.costs);
  printPieces(work, took);
  printTotals(forecast, work, { seconds: run.seconds, took, memory: memory.peak(), disk });
  printTimeLeft(run);
} finally {
  client.close();
  await engine.close();
  await rm(workspace, { recursive: true, force: true });
}
