/**
 * Sampling a clip with guidance over a KV cache, beside PyTorch (eager and compiled) on the same weights and cores; greedy, so
 * that all must come to the same tokens:
 * node bench/sampling-peers.ts --python INTERPRETER [--models 3m,11m,30m] [--peers eager,compile] [--order frame,raster]
 *   [--rounds 5] [--threads 2] [--cores 0,1] [--json FILE]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { median } from '#shared/domain/median.ts';
import type { GptConfig } from '#shared/domain/training-config.ts';
import { commonOptions, coresFor, list, machineLine } from './peers/options.ts';
import { peerFile, Side } from './peers/side.ts';
import { writeSamplingTask } from './peers/sampling-task.ts';
import { best, printTable } from './peers/table.ts';
import { benchGpt, gptNames, type GptName } from './peers/task.ts';

const peerNames = ['eager', 'compile'] as const;

const { values } = parseArgs({
  options: {
    ...commonOptions,
    models: { type: 'string', default: '11m' },
    peers: { type: 'string', default: peerNames.join() },
    order: { type: 'string', default: 'frame,raster' },
  },
});
const options = z
  .object({
    python: z.string({ error: '--python INTERPRETER is needed: one that has torch and numpy' }),
    models: list(gptNames),
    peers: list(peerNames),
    order: list(['frame', 'raster']),
    rounds: z.coerce.number().int().min(1),
    threads: z.coerce.number().int().min(1),
  })
  .parse(values);
const cores = coresFor(options.threads, values.cores);

interface Clip {
  firstMs: number;
  allMs: number;
  tokens: number[];
  peakMb: number;
}

interface SamplingResult {
  name: string;
  startMs: number;
  /** The first clip, with what is compiled on the way. */
  firstClipMs: number;
  clips: Clip[];
  versions: Record<string, string>;
}

async function compare(model: GptName, order: GptConfig['order']): Promise<SamplingResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'reelwright-bench-'));
  const sides: { side: Side; result: SamplingResult }[] = [];
  try {
    writeSamplingTask(folder, benchGpt(model, order), options.threads);
    const commands = [
      ['ours', [process.execPath, peerFile('sampling-ours.ts'), folder]],
      ...options.peers.map(
        (name) => [name, [options.python, peerFile('sampling_peer.py'), folder, name]] as const,
      ),
    ] as const;
    for (const [name, command] of commands) {
      const side = await Side.start(name, { command, cores, threads: options.threads });
      const { allMs } = await side.ask<Clip>('sample');
      const { versions = {} } = side.ready as Partial<SamplingResult>;
      sides.push({
        side,
        result: { name, startMs: side.startMs, firstClipMs: allMs, clips: [], versions },
      });
    }
    for (let round = 0; round < options.rounds; round++)
      for (const { side, result } of sides) result.clips.push(await side.ask<Clip>('sample'));
    return sides.map(({ result }) => result);
  } finally {
    for (const { side } of sides) await side.stop();
    rmSync(folder, { recursive: true });
  }
}

function print(model: GptName, order: GptConfig['order'], sides: readonly SamplingResult[]): void {
  const times = ({ clips }: SamplingResult, what: 'firstMs' | 'allMs') => clips.map((clip) => clip[what]);
  const ours = sides[0]!;
  const [ourTokens] = ours.clips.map(({ tokens }) => tokens);
  const seconds = (time: number) => `${(time / 1000).toFixed(2)} s`;
  console.log(`\nGPT ${model}, ${order} order: ${ourTokens!.length} tokens of a clip, with guidance`);
  const ratio = (side: SamplingResult, what: 'firstMs' | 'allMs') =>
    side === ours ? '' : (best(times(side, what)) / best(times(ours, what))).toFixed(2);
  printTable(
    [
      '',
      'first frame',
      'all',
      'median',
      'tokens/s',
      'first ×',
      'all ×',
      'same tokens',
      'peak MB',
      'start',
      '1st clip',
    ],
    sides.map((side) => [
      side.name,
      seconds(best(times(side, 'firstMs'))),
      seconds(best(times(side, 'allMs'))),
      seconds(median(times(side, 'allMs'))),
      ((1000 * ourTokens!.length) / best(times(side, 'allMs'))).toFixed(0),
      ratio(side, 'firstMs'),
      ratio(side, 'allMs'),
      String(side.clips[0]!.tokens.filter((token, i) => token === ourTokens![i]).length),
      side.clips.at(-1)!.peakMb.toFixed(0),
      seconds(side.startMs),
      seconds(side.firstClipMs),
    ]),
  );
}

const results: { model: GptName; order: GptConfig['order']; sides: SamplingResult[] }[] = [];
for (const model of options.models) {
  for (const order of options.order) {
    const sides = await compare(model, order);
    print(model, order, sides);
    results.push({ model, order, sides });
  }
}
const machine = machineLine(
  results.flatMap(({ sides }) => sides.map(({ versions }) => versions)),
  { threads: options.threads, cores },
);
console.log(`\n${machine.line}`);
if (values.json !== undefined)
  writeFileSync(values.json, JSON.stringify({ ...machine.facts, results }, null, 2));
