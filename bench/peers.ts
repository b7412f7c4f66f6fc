/**
 * Our training step against PyTorch (eager and compiled) and JAX on the same model, weights, batches, optimizer and cores:
 * node bench/peers.ts --python INTERPRETER [--models 3m,11m,30m,tokenizer] [--peers eager,compile,jax] [--order frame,raster]
 *   [--rounds 5] [--threads 2] [--cores 0,1] [--attention frames|split|dense] [--compile-mode MODE] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { attentions, duel, peerNames, type DuelResult } from './peers/duel.ts';
import { lossDifference, printDuel } from './peers/table.ts';
import { modelNames } from './peers/task.ts';

/** What single precision may differ by over ten steps. */
const LOSS_TOLERANCE = 1e-4;

const list = <T extends string>(names: readonly [T, ...T[]]) =>
  z
    .string()
    .transform((value) => value.split(','))
    .pipe(z.array(z.enum(names)));

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    models: { type: 'string', default: '11m' },
    peers: { type: 'string', default: peerNames.join() },
    order: { type: 'string', default: 'frame' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
    cores: { type: 'string' },
    attention: { type: 'string' },
    'compile-mode': { type: 'string', default: 'default' },
    json: { type: 'string' },
  },
});
const options = z
  .object({
    python: z.string({ error: '--python INTERPRETER is needed: one that has torch, jax, optax and numpy' }),
    models: list(modelNames),
    peers: list(peerNames),
    order: list(['frame', 'raster']),
    rounds: z.coerce.number().int().min(1),
    threads: z.coerce.number().int().min(1),
    attention: z.enum(attentions).optional(),
  })
  .parse(values);
const firstCores = Array.from({ length: options.threads }, (_, core) => core).join();
const cores = process.platform === 'linux' ? (values.cores ?? firstCores) : undefined;

const results: DuelResult[] = [];
for (const model of options.models) {
  for (const order of model === 'tokenizer' ? (['frame'] as const) : options.order) {
    const result = await duel(model, { ...options, order, cores, compileMode: values['compile-mode'] });
    printDuel(result);
    results.push(result);
    const [ours, ...peers] = result.sides;
    for (const peer of peers) {
      const difference = lossDifference(peer, ours!);
      if (!(difference <= LOSS_TOLERANCE)) {
        console.error(`${peer.name} does not train the same: its losses differ by ${difference}`);
        process.exitCode = 1;
      }
    }
  }
}

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
const versions = {
  node: process.versions.node,
  'onnxruntime-node': version,
  ...Object.assign({}, ...results.flatMap(({ sides }) => sides.map((side) => side.versions))),
} as Record<string, string>;
const cpu = { model: cpus()[0]?.model, cores, threads: options.threads };
console.log(
  `\n${cpu.model ?? 'unknown processor'}, ${cpu.threads} threads; ` +
    Object.entries(versions)
      .map(([name, number]) => `${name} ${number}`)
      .join(', '),
);
if (values.json !== undefined)
  writeFileSync(values.json, JSON.stringify({ cpu, versions, results }, null, 2));
