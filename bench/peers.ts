/**
 * Our training step against PyTorch (eager and compiled) and JAX on the same model, weights, batches, optimizer and cores:
 * node bench/peers.ts --python INTERPRETER [--models 3m,11m,30m,tokenizer] [--peers eager,compile,jax,eager-onednn,compile-onednn] [--order frame,raster]
 *   [--rounds 5] [--threads 2] [--cores 0,1] [--attention frames|split|dense] [--compile-mode MODE] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { attentions, duel, peerNames, type DuelResult } from './peers/duel.ts';
import { commonOptions, coresFor, list, machineLine } from './peers/options.ts';
import { lossDifference, printDuel } from './peers/table.ts';
import { modelNames } from './peers/task.ts';

/** What single precision may differ by over ten steps. */
const LOSS_TOLERANCE = 1e-4;

const { values } = parseArgs({
  options: {
    ...commonOptions,
    models: { type: 'string', default: '11m' },
    peers: { type: 'string', default: 'eager,compile,jax' },
    order: { type: 'string', default: 'frame' },
    attention: { type: 'string' },
    'compile-mode': { type: 'string', default: 'default' },
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
const cores = coresFor(options.threads, values.cores);

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

const machine = machineLine(
  results.flatMap(({ sides }) => sides.map(({ versions }) => versions)),
  { threads: options.threads, cores },
);
console.log(`\n${machine.line}`);
if (values.json !== undefined)
  writeFileSync(values.json, JSON.stringify({ ...machine.facts, results }, null, 2));
