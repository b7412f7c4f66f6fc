/** One model on all sides: the same ten steps first, whose losses must agree, then steps by turns. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GptConfig } from '#shared/domain/training-config.ts';
import { peerFile, Side } from './side.ts';
import { benchModel, writeTask, type ModelName } from './task.ts';

export const peerNames = ['eager', 'compile', 'jax', 'eager-onednn', 'compile-onednn'] as const;
export type PeerName = (typeof peerNames)[number];

export const attentions = ['frames', 'split', 'dense'] as const;
type Attention = (typeof attentions)[number];

/** As found by trying all of them on the model `11m`. */
const fastestAttention: Record<PeerName, Attention> = {
  eager: 'frames',
  compile: 'frames',
  jax: 'split',
  'eager-onednn': 'frames',
  'compile-onednn': 'frames',
};

export interface DuelOptions {
  python: string;
  peers: readonly PeerName[];
  order: GptConfig['order'];
  threads: number;
  cores: string | undefined;
  rounds: number;
  /** How peers compute attention in frame order; what is fastest for each when left out. */
  attention?: Attention | undefined;
  /** Mode of torch.compile. */
  compileMode: string;
}

export interface SideResult {
  name: string;
  /** Start of the process until it could train, libraries and model included. */
  startMs: number;
  /** Our side alone. */
  graphMs?: number;
  sessionMs?: number;
  /** The first ten steps; the first of a compiling peer compiles. */
  firstStepMs: number;
  losses: number[];
  norms: number[];
  stepMs: number[];
  gradientMs: number[];
  updateMs: number[];
  /** Highest resident memory up to the end of the measured steps. */
  peakMb: number;
  versions: Record<string, string>;
}

export interface DuelResult {
  model: ModelName;
  order: GptConfig['order'] | undefined;
  parameters: number;
  flops: number;
  clips: number;
  /** Best rate of bare matrix products, in GFLOP/s. */
  ceiling: number;
  sides: SideResult[];
}

export const TRACE_STEPS = 10;
const STEPS_A_TURN = 2;
const PRODUCTS_A_TURN = 20;

export async function duel(model: ModelName, options: DuelOptions): Promise<DuelResult> {
  const { python, cores, threads, order, attention, compileMode } = options;
  const folder = mkdtempSync(join(tmpdir(), 'reelwright-bench-'));
  const sides: { side: Side; result: SideResult }[] = [];
  try {
    const { clips } = writeTask(folder, benchModel(model, order), threads);
    const ours = [process.execPath, peerFile('ours.ts'), folder];
    const peer = (name: PeerName) => {
      const way = attention ?? fastestAttention[name];
      return [python, peerFile('peer.py'), folder, name, way, compileMode];
    };
    const commands = [['ours', ours], ...options.peers.map((name) => [name, peer(name)] as const)] as const;
    for (const [name, command] of commands) {
      const side = await Side.start(name, { command, cores, threads });
      sides.push({ side, result: await firstSteps(side) });
    }
    const ceiling = await Side.start('ceiling', {
      command: [process.execPath, peerFile('ceiling.ts'), folder],
      cores,
      threads,
    });
    const best = await takeTurns(sides, ceiling, options.rounds);
    await ceiling.stop();
    const { flops, parameters } = sides[0]!.side.ready as { flops: number; parameters: number };
    return {
      model,
      order: model === 'tokenizer' ? undefined : order,
      parameters,
      flops,
      clips,
      ceiling: best,
      sides: sides.map(({ result }) => result),
    };
  } finally {
    for (const { side } of sides) await side.stop();
    rmSync(folder, { recursive: true });
  }
}

async function firstSteps(side: Side): Promise<SideResult> {
  const trace = (count: number) => side.ask<{ losses: number[]; norms: number[] }>('trace', { count });
  const start = performance.now();
  const first = await trace(1);
  const firstStepMs = performance.now() - start;
  const rest = await trace(TRACE_STEPS - 1);
  const { graphMs, sessionMs, versions = {} } = side.ready as Partial<SideResult>;
  return {
    name: side.name,
    startMs: side.startMs,
    ...(graphMs !== undefined && { graphMs }),
    ...(sessionMs !== undefined && { sessionMs }),
    firstStepMs,
    losses: [...first.losses, ...rest.losses],
    norms: [...first.norms, ...rest.norms],
    stepMs: [],
    gradientMs: [],
    updateMs: [],
    peakMb: 0,
    versions,
  };
}

/** Turn by turn, so that what else the machine does weighs on all alike. Returns the best rate of the ceiling. */
async function takeTurns(
  sides: readonly { side: Side; result: SideResult }[],
  ceiling: Side,
  rounds: number,
): Promise<number> {
  let best = 0;
  // The first step of a turn finds cold caches and sleeping threads.
  const counted = (times: number[]) => times.slice(1);
  const count = 1 + STEPS_A_TURN;
  for (let round = 0; round < rounds; round++) {
    for (const { side, result } of sides) {
      const turn = await side.ask<{ stepMs: number[]; peakMb: number }>('steps', { count });
      result.stepMs.push(...counted(turn.stepMs));
      result.peakMb = turn.peakMb;
    }
    const { rates } = await ceiling.ask<{ rates: number[] }>('measure', { count: PRODUCTS_A_TURN });
    best = Math.max(best, ...rates);
  }
  for (const { side, result } of sides) {
    // Where a step is one compiled function, its parts are functions of their own, to be compiled by a first call.
    await side.ask('parts', { count: 1 });
    const turn = await side.ask<Pick<SideResult, 'gradientMs' | 'updateMs'>>('parts', { count });
    result.gradientMs.push(...counted(turn.gradientMs));
    result.updateMs.push(...counted(turn.updateMs));
  }
  return best;
}
