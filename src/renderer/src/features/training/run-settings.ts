/** What the form of a new run offers, and how that becomes a training config. */
import type { SettingChange } from '#shared/contract/forecast.ts';
import {
  optimizerDefaults,
  type OptimizerConfig,
  type OptimizerKind,
} from '#shared/domain/optimizer-config.ts';
import { microBatchFor } from '#shared/domain/stage-counts.ts';
import { loraConfig, trainingConfig, type TrainingConfig } from '#shared/domain/training-config.ts';
import { t } from '../../ui/words.svelte.ts';

export const presets = ['quick', 'balanced', 'thorough'] as const;
export type Preset = (typeof presets)[number];

const defaults = trainingConfig.parse({});

/** Epochs of the tokenizer and of the GPT; the balanced preset is what the engine takes by default. */
const presetEpochs: Record<Preset, { tokenizer: number; gpt: number }> = {
  quick: { tokenizer: 10, gpt: 12 },
  balanced: { tokenizer: defaults.tokenizer.epochs, gpt: defaults.gpt.epochs },
  thorough: { tokenizer: 4 * defaults.tokenizer.epochs, gpt: 4 * defaults.gpt.epochs },
};

/** One flat draft, because that is what a form edits. */
export interface RunDraft {
  /** The model whose weights this run starts from; empty for random ones. */
  initFrom: string;
  /** The settings that it then has to share with that model. */
  base: ModelSettings | null;
  seed: number;
  keepCheckpoints: number;
  tokenizer: StageDraft;
  gpt: StageDraft & {
    order: 'frame' | 'raster';
    dropout: number;
    /** Whether small adapters are trained instead of all weights, and of which rank. */
    adapters: boolean;
    rank: number;
  };
}

type ModelSettings = Pick<TrainingConfig, 'window'> & {
  tokenizer: TrainingConfig['tokenizer']['model'];
  gpt: TrainingConfig['gpt']['model'];
};

export interface StageDraft {
  epochs: number;
  batch: number;
  /** Clips a pass at most. */
  microBatch: number;
  recompute: boolean;
  optimizer: OptimizerKind;
  learningRate: number;
  schedule: OptimizerConfig['schedule'];
  /** Whether a running average of the weights is kept and used. */
  average: boolean;
  width: number;
  depth: number;
}

/** Channels an attention head works on; widths are multiples of it. */
export const headWidth = 64;

/** Names are the same in every language. */
export const optimizerNames: Record<OptimizerKind, string> = {
  adamw: 'AdamW',
  adam: 'Adam',
  sgd: 'SGD',
  lion: 'Lion',
  muon: 'Muon',
};

/** Memory of the running average: about the last hundred steps. */
const AVERAGE_DECAY = 0.99;

const defaultLora = loraConfig.parse({});

export function draftOf(config: TrainingConfig = defaults): RunDraft {
  const stage = ({
    epochs,
    batch,
    microBatch,
    recompute,
    optimizer,
    model,
  }: TrainingConfig['tokenizer' | 'gpt']): StageDraft => ({
    epochs,
    batch,
    microBatch,
    recompute,
    optimizer: optimizer.kind,
    learningRate: optimizer.learningRate,
    schedule: optimizer.schedule,
    average: optimizer.ema > 0,
    width: model.width,
    depth: model.depth,
  });
  const { order } = config.gpt.model;
  return {
    initFrom: config.initFrom ?? '',
    base: null,
    seed: config.seed,
    keepCheckpoints: config.keepCheckpoints,
    tokenizer: stage(config.tokenizer),
    gpt: {
      ...stage(config.gpt),
      order,
      dropout: config.gpt.dropout,
      adapters: config.gpt.lora !== null,
      rank: (config.gpt.lora ?? defaultLora).rank,
    },
  };
}

export function applyPreset(draft: RunDraft, preset: Preset): void {
  const { tokenizer, gpt } = epochsOf(preset, draft);
  draft.tokenizer.epochs = tokenizer;
  draft.gpt.epochs = gpt;
}

/** Of a preset: what starts from a model keeps its tokenizer, on which its tokens' meaning rests. */
export function epochsOf(preset: Preset, { base }: RunDraft): { tokenizer: number; gpt: number } {
  const { tokenizer, gpt } = presetEpochs[preset];
  return { tokenizer: base ? 0 : tokenizer, gpt };
}

/** Starts from a trained model, which the run's then has to be; without one, from nothing. */
export function startFrom(draft: RunDraft, model: { id: string; config: TrainingConfig } | undefined): void {
  const preset = presetOf(draft);
  draft.initFrom = model?.id ?? '';
  if (model) {
    const { window, tokenizer, gpt } = model.config;
    draft.base = { window, tokenizer: tokenizer.model, gpt: gpt.model };
    draft.tokenizer.epochs = 0;
  } else {
    draft.base = null;
    draft.gpt.adapters = false;
    draft.tokenizer.epochs = defaults.tokenizer.epochs;
  }
  if (preset) applyPreset(draft, preset);
}

/** Another optimizer, with the rate that suits it. */
export function chooseOptimizer(draft: RunDraft, stage: 'tokenizer' | 'gpt', kind: OptimizerKind): void {
  draft[stage].optimizer = kind;
  draft[stage].learningRate = optimizerDefaults(kind, defaults[stage].optimizer.learningRate).learningRate;
}

/** The preset that the epochs of a draft are, if they are one. */
export function presetOf(draft: RunDraft): Preset | undefined {
  return presets.find(
    (name) =>
      epochsOf(name, draft).tokenizer === draft.tokenizer.epochs &&
      epochsOf(name, draft).gpt === draft.gpt.epochs,
  );
}

export function configOf({
  initFrom,
  base,
  seed,
  keepCheckpoints,
  tokenizer,
  gpt,
}: RunDraft): TrainingConfig {
  return trainingConfig.parse({
    initFrom: initFrom === '' ? null : initFrom,
    ...(base && { window: base.window }),
    seed,
    keepCheckpoints,
    tokenizer: {
      epochs: tokenizer.epochs,
      batch: tokenizer.batch,
      microBatch: microBatchFor(tokenizer.batch, tokenizer.microBatch),
      recompute: tokenizer.recompute,
      optimizer: optimizerOf(tokenizer),
      model: base?.tokenizer ?? {
        width: tokenizer.width,
        heads: tokenizer.width / headWidth,
        depth: tokenizer.depth,
      },
    },
    gpt: {
      epochs: gpt.epochs,
      batch: gpt.batch,
      microBatch: microBatchFor(gpt.batch, gpt.microBatch),
      recompute: gpt.recompute,
      dropout: gpt.dropout,
      optimizer: optimizerOf(gpt),
      lora: gpt.adapters ? { ...defaultLora, rank: gpt.rank, alpha: 2 * gpt.rank } : null,
      model: base?.gpt ?? {
        order: gpt.order,
        width: gpt.width,
        heads: gpt.width / headWidth,
        depth: gpt.depth,
      },
    },
  });
}

function optimizerOf({ optimizer, learningRate, schedule, average }: StageDraft) {
  return { kind: optimizer, learningRate, schedule, ema: average ? AVERAGE_DECAY : 0 };
}

/** Takes over what a forecast proposes. */
export function applyChanges(draft: RunDraft, changes: readonly SettingChange[]): void {
  for (const { setting, to } of changes) {
    if (setting === 'keepCheckpoints') draft.keepCheckpoints = Number(to);
    else Object.assign(draft[stageOf(setting)], { [fieldOf(setting)]: to });
  }
}

/** `GPT: width`, as the form calls it. */
export function settingWords(setting: SettingChange['setting']): string {
  if (setting === 'keepCheckpoints') return t('expert.keepCheckpoints');
  return t('forecast.setting', {
    stage: t(`stage.${stageOf(setting)}`),
    name: t(`expert.${fieldOf(setting)}`),
  });
}

type StageField = 'microBatch' | 'recompute' | 'width' | 'depth';
type StageSetting = Exclude<SettingChange['setting'], 'keepCheckpoints'>;

const stageOf = (setting: StageSetting) => (setting.startsWith('gpt') ? 'gpt' : 'tokenizer');

function fieldOf(setting: StageSetting): StageField {
  return setting.split('.').at(-1) as StageField;
}
