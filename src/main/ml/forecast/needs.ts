/** What a run needs: time, memory and disk, from what a dry run measured, or by rule from the sizes of its models. */
import type { Fit, MachineRoom, Needs, PhaseSeconds, RunCosts } from '#shared/contract/forecast.ts';
import type { TrainingStage } from '#shared/contract/training.ts';
import { diskBytes } from '#shared/domain/needs.ts';
import { stageCounts } from '#shared/domain/stage-counts.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';
import { checkpointBytes, stageMemory, stageSizes, tokenBytes, windowBytes } from './sizes.ts';
import { workOf, type ClipCounts } from './work.ts';

/** Memory of a worker that has loaded its libraries and done nothing yet; only where nothing was measured. */
const IDLE_MEMORY_BYTES = 150e6;
/** Newest, best, and the one being written. */
const CHECKPOINTS_ALWAYS = 3;

const stages = ['tokenizer', 'gpt'] as const satisfies readonly TrainingStage[];

export function needsOf(config: TrainingConfig, clips: ClipCounts, costs: RunCosts | null): Needs {
  return {
    seconds: costs && phaseSeconds(config, clips, costs),
    memoryBytes: memoryBytes(config, clips, costs),
    disk: {
      checkpoints: checkpointsBytes(config, clips, costs),
      windows: clips.undecoded * windowBytes(config),
      tokens: (clips.train + clips.val) * tokenBytes(config),
    },
  };
}

function phaseSeconds(config: TrainingConfig, clips: ClipCounts, costs: RunCosts): PhaseSeconds {
  const seconds: PhaseSeconds = { decode: costs.start, tokenizer: 0, encode: 0, gpt: 0 };
  for (const work of workOf(config, clips, costs)) seconds[work.phase] += work.count * work.seconds!;
  return seconds;
}

/** The worker's peak. Tokens of all clips are held while the GPT trains. */
function memoryBytes(config: TrainingConfig, clips: ClipCounts, costs: RunCosts | null): number {
  const tokens = (clips.train + clips.val) * tokenBytes(config);
  if (costs) return Math.max(costs.tokenizer.peakMemoryBytes, costs.gpt.peakMemoryBytes + tokens);
  const sizes = stageSizes(config);
  return IDLE_MEMORY_BYTES + Math.max(stageMemory(sizes.tokenizer), stageMemory(sizes.gpt) + tokens);
}

/** At the worst moment: while one more is being written, before the oldest goes. */
function checkpointsBytes(config: TrainingConfig, clips: ClipCounts, costs: RunCosts | null): number {
  const sizes = stageSizes(config);
  const kept = stages.map((stage) => {
    const { saves } = stageCounts(config[stage], clips.train, config.checkpointEvery);
    const count = Math.min(saves, CHECKPOINTS_ALWAYS + config.keepCheckpoints);
    return count * (costs?.[stage].checkpointBytes ?? checkpointBytes(sizes[stage]));
  });
  return kept.reduce((sum, bytes) => sum + bytes, 0);
}

/** Beyond this share of what is free, other programs and a guess that is a little off leave no room. */
const COMFORTABLE_SHARE = 0.8;
const USABLE_SHARE = 0.95;

export interface Judgement {
  memory: Fit;
  disk: Fit;
  fit: Fit;
}

export function judge(wanted: Needs, room: MachineRoom): Judgement {
  const memory = fitOf(wanted.memoryBytes, room.memoryFree);
  const disk = fitOf(diskBytes(wanted), room.diskFree);
  return { memory, disk, fit: worse(memory, disk) };
}

/** Where nothing was measured, memory is a rough guess: only what is far beyond the machine does not fit. */
export function judgeGuess(wanted: Needs, room: MachineRoom): Judgement {
  const { memory: guess, disk } = judge(wanted, room);
  const isFarBeyond = wanted.memoryBytes / 2 > room.memoryFree;
  const memory = guess === 'does-not-fit' && !isFarBeyond ? 'tight' : guess;
  return { memory, disk, fit: worse(memory, disk) };
}

function fitOf(wanted: number, free: number): Fit {
  if (wanted > USABLE_SHARE * free) return 'does-not-fit';
  return wanted > COMFORTABLE_SHARE * free ? 'tight' : 'fits';
}

function worse(a: Fit, b: Fit): Fit {
  const order: readonly Fit[] = ['fits', 'tight', 'does-not-fit'];
  return order[Math.max(order.indexOf(a), order.indexOf(b))]!;
}
