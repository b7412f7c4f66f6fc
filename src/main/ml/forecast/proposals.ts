/**
 * Settings that would fit where a run does not: one setting made smaller as far as needed, each way on its own, and all
 * together where none alone is enough. What they need is measured costs scaled by rule, so it is an estimate.
 */
import type { MachineRoom, Needs, Proposal, RunCosts, SettingChange } from '#shared/contract/forecast.ts';
import type { TrainingStage } from '#shared/contract/training.ts';
import { microBatchFor } from '#shared/domain/stage-counts.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';
import { judge, needsOf } from './needs.ts';
import { checkpointBytes, stageMemory, stageSizes, stepWork } from './sizes.ts';
import type { ClipCounts } from './work.ts';

/** A change of a config; null when the setting cannot become smaller. */
type Shrink = (config: TrainingConfig) => { config: TrainingConfig; change: SettingChange } | null;

const sameModel: readonly Shrink[] = [
  smallerMicroBatch('gpt'),
  smallerMicroBatch('tokenizer'),
  recomputed('gpt'),
  recomputed('tokenizer'),
  fewerCheckpoints,
];
const smallerModel: readonly Shrink[] = [
  shallower('gpt'),
  narrower('gpt'),
  shallower('tokenizer'),
  narrower('tokenizer'),
];

/** A quarter more time, as it was measured. */
const RECOMPUTED_TIME = 1.25;
/** At most so many, the mildest first. */
const MAX_PROPOSALS = 3;

export function proposalsFor(
  config: TrainingConfig,
  clips: ClipCounts,
  costs: RunCosts | null,
  room: MachineRoom,
): Proposal[] {
  // What starts from a model has the sizes of that model.
  const shrinks = config.initFrom === null ? [...sameModel, ...smallerModel] : sameModel;
  const needs = (to: TrainingConfig): Needs => needsOf(to, clips, costs && scaled(costs, config, to));
  const proposal = (to: TrainingConfig, changes: SettingChange[]): Proposal => {
    const wanted = needs(to);
    return { config: to, changes, needs: wanted, fit: judge(wanted, room).fit };
  };
  const alone = shrinks.flatMap((shrink) => {
    let found: Proposal | undefined;
    let smaller = shrink(config);
    while (smaller && (!found || found.fit !== 'fits')) {
      found = proposal(smaller.config, joined(found?.changes ?? [], smaller.change));
      smaller = shrink(smaller.config);
    }
    return found && found.fit !== 'does-not-fit' ? [found] : [];
  });
  if (alone.length > 0) return alone.slice(0, MAX_PROPOSALS);

  // Round after round, everything a little smaller, until it fits or nothing is left to make smaller.
  let together = proposal(config, []);
  for (let moved = true; moved && together.fit === 'does-not-fit';) {
    moved = false;
    for (const shrink of shrinks) {
      const smaller = shrink(together.config);
      if (!smaller || together.fit !== 'does-not-fit') continue;
      moved = true;
      together = proposal(smaller.config, joined(together.changes, smaller.change));
    }
  }
  return together.fit === 'does-not-fit' ? [] : [together];
}

/** Costs of other settings: memory of what is beyond the idle worker, and time, in proportion to the sizes of the models. */
function scaled(costs: RunCosts, from: TrainingConfig, to: TrainingConfig): RunCosts {
  const [before, after] = [stageSizes(from), stageSizes(to)];
  const stage = (name: TrainingStage) => {
    const measured = costs[name];
    const clipsAPass = (config: TrainingConfig) => microBatchFor(config[name].batch, config[name].microBatch);
    const ratio = (size: (sizes: typeof after) => number) => size(after) / size(before);
    // Blocks that are computed again take time instead of memory.
    const again = to[name].recompute && !from[name].recompute ? RECOMPUTED_TIME : 1;
    const learned = ratio((sizes) => sizes[name].parameters);
    const memory = ratio((sizes) => stageMemory(sizes[name]));
    const work =
      (again * stepWork(after[name], clipsAPass(to) * tokensOf(to))) /
      stepWork(before[name], clipsAPass(from) * tokensOf(from));
    const perClip = (work * clipsAPass(from)) / clipsAPass(to);
    const entries = Object.entries(measured.microBatches);
    return {
      open: measured.open,
      microBatches: Object.fromEntries(entries.map(([task, seconds]) => [task, seconds * work])),
      update: measured.update * learned,
      evaluation: measured.evaluation * perClip,
      save: measured.save * learned,
      checkpointBytes: measured.checkpointBytes * ratio((sizes) => checkpointBytes(sizes[name])),
      peakMemoryBytes:
        costs.idleMemoryBytes + Math.max(0, measured.peakMemoryBytes - costs.idleMemoryBytes) * memory,
    };
  };
  return { ...costs, tokenizer: stage('tokenizer'), gpt: stage('gpt') };
}

/** Tokens of a clip that pass through the models. */
function tokensOf({ window, tokenizer }: TrainingConfig): number {
  const side = window.size / tokenizer.model.strideS;
  return (1 + (window.frames - 1) / tokenizer.model.strideT) * side * side;
}

function smallerMicroBatch(stage: TrainingStage): Shrink {
  return (config) => {
    const from = microBatchFor(config[stage].batch, config[stage].microBatch);
    if (from === 1) return null;
    const to = microBatchFor(config[stage].batch, Math.floor(from / 2));
    return {
      config: { ...config, [stage]: { ...config[stage], microBatch: to } },
      change: { setting: `${stage}.microBatch`, from, to },
    };
  };
}

function recomputed(stage: TrainingStage): Shrink {
  return (config) => {
    if (config[stage].recompute) return null;
    return {
      config: { ...config, [stage]: { ...config[stage], recompute: true } },
      change: { setting: `${stage}.recompute`, from: false, to: true },
    };
  };
}

function fewerCheckpoints(config: TrainingConfig): ReturnType<Shrink> {
  const { keepCheckpoints: from } = config;
  if (from === 0) return null;
  return { config: { ...config, keepCheckpoints: 0 }, change: { setting: 'keepCheckpoints', from, to: 0 } };
}

function shallower(stage: TrainingStage): Shrink {
  return (config) => {
    const from = config[stage].model.depth;
    if (from <= 1) return null;
    const to = Math.floor(from / 2);
    return {
      config: withModel(config, stage, { depth: to }),
      change: { setting: `${stage}.model.depth`, from, to },
    };
  };
}

/** Fewer heads of the same width. */
function narrower(stage: TrainingStage): Shrink {
  return (config) => {
    const { width: from, heads } = config[stage].model;
    if (heads < 2) return null;
    const fewer = Math.floor(heads / 2);
    const to = (from / heads) * fewer;
    return {
      config: withModel(config, stage, { width: to, heads: fewer }),
      change: { setting: `${stage}.model.width`, from, to },
    };
  };
}

function withModel(
  config: TrainingConfig,
  stage: TrainingStage,
  model: { depth?: number; width?: number; heads?: number },
): TrainingConfig {
  return { ...config, [stage]: { ...config[stage], model: { ...config[stage].model, ...model } } };
}

/** A setting that is changed twice is one change, from its first value to its last. */
function joined(changes: readonly SettingChange[], change: SettingChange): SettingChange[] {
  const before = changes.find(({ setting }) => setting === change.setting);
  return [...changes.filter((one) => one !== before), before ? { ...change, from: before.from } : change];
}
