/**
 * Structures and codebooks of the tokenizer at equal time: each learns for as long from the same clips in the same order, and
 * is then measured on clips of the test part: node bench/tokenizers.ts DATA [seconds] [threads] [name …]
 * DATA is a folder that scripts/base-model/make-data.ts has made.
 */
import { join } from 'node:path';
import { resolveTools } from '#main/engine/media/tools.ts';
import { createCodebookCounter } from '#main/ml/eval/codebook.ts';
import { createReconstructionMeter } from '#main/ml/eval/reconstruction.ts';
import { codebookSize } from '#main/ml/tokenizer/fsq.ts';
import { buildGradientGraph } from '#main/ml/training/gradient-graph.ts';
import { readSnapshot } from '#main/workers/runtime/read-snapshot.ts';
import type { Compute } from '#main/workers/runtime/session.ts';
import { initialState, Trainer } from '#main/workers/runtime/trainer.ts';
import { createWindowCache } from '#main/workers/runtime/window-cache.ts';
import { DataOrder } from '#main/workers/train/data-order.ts';
import { optimizerConfig } from '#shared/domain/optimizer-config.ts';
import type { Candidate } from './tokenizers/candidate.ts';
import { convCandidate } from './tokenizers/convolutions.ts';
import { patchCandidate } from './tokenizers/patches.ts';

const BATCH = 4;
const MEASURED = 100;
const WARMUP = 0.05;
const RATE = { patches: 1.5e-3, convolutions: 1e-3 };

const [data, seconds = '300', threads = '2', ...names] = process.argv.slice(2);
if (data === undefined) throw new Error('Give the folder of the data, see scripts/base-model/make-data.ts');
const compute: Compute = { device: 'cpu', threads: Number(threads) };
const window = { frames: 17, size: 64 };
const small = [8, 5, 5, 5];
const medium = [7, 5, 5, 5, 5];
const large = [8, 8, 8, 5, 5, 5];

const candidates: Candidate[] = [
  patchCandidate('patches-1000', { levels: small }, window),
  patchCandidate('patches-4375', { levels: medium }, window),
  patchCandidate('patches-64000', { levels: large }, window),
  patchCandidate('patches-64000-wide', { levels: large, width: 256, heads: 4, depth: 4 }, window),
  patchCandidate('patches-64000-flat', { levels: large, width: 256, heads: 4, depth: 2 }, window),
  convCandidate('convolutions-4375', { levels: medium, ...window, channels: [32, 64, 128], blocks: 1 }),
];

const { members } = await readSnapshot(join(data, 'snapshot.json'));
const windows = createWindowCache(
  join(data, 'cache'),
  window,
  await resolveTools({ ffmpegPath: '', ffprobePath: '' }),
);
const train = members.filter(({ split }) => split === 'train');
const test = members.filter(({ split }) => split === 'test');
const measured = Array.from(
  { length: Math.min(MEASURED, test.length) },
  (_, i) => test[Math.floor((i * test.length) / Math.min(MEASURED, test.length))]!,
);

for (const candidate of candidates) {
  if (names.length === 0 || names.includes(candidate.name)) await race(candidate);
}

async function race(candidate: Candidate): Promise<void> {
  const task = candidate.task(BATCH);
  const isPatches = candidate.name.startsWith('patches');
  const kind = isPatches ? 'muon' : 'adamw';
  const peak = isPatches ? RATE.patches : RATE.convolutions;
  const optimizer = optimizerConfig.parse({ kind });
  const trainer = await Trainer.create(
    { compute, parameters: task.parameters, optimizer, tasks: { reconstruct: buildGradientGraph(task) } },
    initialState(task.parameters, optimizer, 1),
  );
  const order = new DataOrder(train.length, 1);
  const start = performance.now();
  let step = 0;
  for (;;) {
    const share = (performance.now() - start) / 1000 / Number(seconds);
    if (share >= 1) break;
    const clips = order.batch(step * BATCH, BATCH).map((clip) => train[clip]!);
    const batch = candidate.batch(await Promise.all(clips.map((clip) => windows.read(clip))));
    await trainer.accumulate('reconstruct', batch);
    await trainer.update(peak * Math.min(share / WARMUP, (1 + Math.cos(Math.PI * share)) / 2));
    step++;
  }
  const weights = await trainer.weights();
  await trainer.dispose();
  await measure(candidate, weights, step);
}

async function measure(
  candidate: Candidate,
  weights: Map<string, Float32Array>,
  steps: number,
): Promise<void> {
  const copier = await candidate.open(weights, compute);
  const codebook = createCodebookCounter(codebookSize(candidate.levels));
  const meter = createReconstructionMeter({ width: window.size, height: window.size });
  const started = performance.now();
  for (const clip of measured) {
    const original = await windows.read(clip);
    const { frames, tokens } = await copier.copy(original);
    codebook.add(Array.from(tokens));
    meter.add(original, frames);
  }
  const milliseconds = (performance.now() - started) / measured.length;
  await copier.dispose();
  const { psnr, ssim, temporalPsnr } = meter.result();
  let count = 0;
  for (const values of weights.values()) count += values.length;
  console.log(
    `${candidate.name.padEnd(20)} ${(count / 1e6).toFixed(2)}M  ${steps * BATCH} clips in ${seconds} s` +
      `  PSNR ${psnr.toFixed(2)}  SSIM ${ssim.toFixed(4)}` +
      `  temporal PSNR ${temporalPsnr?.toFixed(2)}  codebook ${(100 * codebook.result().use).toFixed(1)} %` +
      `  ${milliseconds.toFixed()} ms a clip`,
  );
}
