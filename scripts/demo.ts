/**
 * The whole way with the command line: a clip of the base model, where it is there; then 64 animated emoji and two real videos
 * with sound → import → split → train → eval → generate. Prints what each phase took, held-out losses before and after, and the
 * paths of the MP4s. Sized for two cores.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Snapshot } from '#shared/contract/splits.ts';
import type { EvalReport } from '#shared/contract/evaluation.ts';
import type { Run } from '#shared/contract/training.ts';
import { baseModelFolder } from '#main/engine/app-paths.ts';
import { formatDuration, formatLoss, table } from '#main/cli/format.ts';
import { fetchEmoji } from './fetch-emoji.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const fixtures = join(root, 'tests/fixtures/clips');
const demoFolder = join(root, '.cache/demo');
const workspace = join(demoFolder, 'workspace');
const clips = join(demoFolder, 'clips');
const firstOutput = join(demoFolder, 'first.mp4');
const output = join(demoFolder, 'demo.mp4');
const emojiCount = 64;
const prompt = 'a penguin';

/** Small enough for two cores and ten minutes, large enough for the losses to fall. */
const settings = ['tokenizer.epochs=36', 'gpt.epochs=40', 'gpt.model.width=192', 'gpt.model.depth=4'];

const timings: [string, number][] = [];

async function phase<T>(name: string, work: () => Promise<T>): Promise<T> {
  console.log(`\n── ${name}`);
  const started = performance.now();
  const result = await work();
  timings.push([name, (performance.now() - started) / 1000]);
  return result;
}

/** Runs one command of the command line as a user would, and returns its JSON. Progress goes to the terminal. */
async function reelwright<T>(...args: string[]): Promise<T> {
  console.log(`$ reelwright ${args.map((arg) => (/[\s]/.test(arg) ? JSON.stringify(arg) : arg)).join(' ')}`);
  const child = spawn(
    process.execPath,
    [join(root, 'src/main/cli/main.ts'), '--workspace', workspace, '--json', ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [json, [code]] = await Promise.all([
    text(child.stdout),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  if (code !== 0) throw new Error(`reelwright ${args[0]} failed (exit code ${code}): ${json.trim()}`);
  return JSON.parse(json) as T;
}

/** Gathers the clips in one folder, each with its caption beside it. */
async function gatherClips(): Promise<void> {
  await mkdir(clips, { recursive: true });
  const wantEverything = await fetchEmoji({ count: emojiCount, outputFolder: clips }).then(
    () => false,
    (error: Error) => {
      console.log(`The emoji packages could not be fetched (${error.message}).`);
      console.log('The demo goes on with the fixture clips of the tests: fewer clips, and a poorer model.');
      return true;
    },
  );
  for (const name of await readdir(fixtures)) {
    if (wantEverything || name.startsWith('bunny-')) await copyFile(join(fixtures, name), join(clips, name));
  }
}

const started = performance.now();
await rm(demoFolder, { recursive: true, force: true });
await mkdir(demoFolder, { recursive: true });

const hasBaseModel = existsSync(join(baseModelFolder, 'manifest.json'));
if (hasBaseModel) {
  await phase('Generate with the base model', () => reelwright('generate', prompt, '--output', firstOutput));
}

await phase('Fetch clips', gatherClips);
const imported = await phase('Import', () => reelwright<{ imported: number }>('import', clips));
const snapshot = await phase('Split', () => reelwright<Snapshot>('split', '--name', 'Demo'));
const run = await phase('Train', () =>
  reelwright<Run>('train', '--snapshot', snapshot.id, ...settings.flatMap((setting) => ['--set', setting])),
);
const report = await phase('Evaluate on the test split', () =>
  reelwright<EvalReport>('eval', '--run', run.id, '--split', 'test', '--quick'),
);
const { takes } = await phase('Generate', () =>
  reelwright<{ takes: [{ path: string }] }>('generate', prompt, '--run', run.id, '--output', output),
);

console.log(
  `\n${table(
    ['phase', 'time'],
    timings.map(([name, seconds]) => [name, formatDuration(seconds)]),
  )}`,
);
console.log(`All of it: ${formatDuration((performance.now() - started) / 1000)}`);
console.log(
  `\n${imported.imported} files; ${snapshot.parts.map(({ split, clips: n }) => `${split} ${n}`).join(', ')} clips`,
);
console.log(
  `Test split: token loss ${formatLoss(report.tokenLoss)}, PSNR ${report.psnr.toFixed(1)} dB, SSIM ${report.ssim.toFixed(2)}`,
);
console.log(
  `Held-out loss (nats a token): ${formatLoss(run.valLossBefore)} before, ${formatLoss(run.valLossBest)} after`,
);
if (hasBaseModel) console.log(`Clip for “${prompt}” of the base model: ${firstOutput}`);
console.log(`Clip for “${prompt}” of the run: ${takes[0].path}`);
