/** What the form of a new run offers, and how that becomes a training config. */
import type { SettingChange } from '#shared/contract/forecast.ts';
import { microBatchFor } from '#shared/domain/stage-counts.ts';
import { trainingConfig, type TrainingConfig } from '#shared/domain/training-config.ts';
import { t } from '../../ui/words.svelte.ts';

export const presets = ['quick', 'balanced', 'thorough'] as const;
export type Preset = (typeof presets)[number];

const defaults = trainingConfig.parse({});

/** Epochs of the tokenizer and of the GPT; the balanced preset is what the engine takes by default. */
export const presetEpochs: Record<Preset, { tokenizer: number; gpt: number }> = {
  quick: { tokenizer: 10, gpt: 12 },
  balanced: { tokenizer: defaults.tokenizer.epochs, gpt: defaults.gpt.epochs },
  thorough: { tokenizer: 4 * defaults.tokenizer.epochs, gpt: 4 * defaults.gpt.epochs },
};

/** One flat draft, because that is what a form edits. */
export interface RunDraft {
  seed: number;
  keepCheckpoints: number;
  tokenizer: StageDraft;
  gpt: StageDraft & { order: 'frame' | 'raster'; dropout: number };
}

export interface StageDraft {
  epochs: number;
  batch: number;
  /** Clips a pass at most. */
  microBatch: number;
  recompute: boolean;
  learningRate: number;
  width: number;
  depth: number;
}

/** Channels an attention head works on; widths are multiples of it. */
export const headWidth = 64;

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
    learningRate: optimizer.learningRate,
    width: model.width,
    depth: model.depth,
  });
  const { order } = config.gpt.model;
  return {
    seed: config.seed,
    keepCheckpoints: config.keepCheckpoints,
    tokenizer: stage(config.tokenizer),
    gpt: { ...stage(config.gpt), order, dropout: config.gpt.dropout },
  };
}

export function applyPreset(draft: RunDraft, preset: Preset): void {
  draft.tokenizer.epochs = presetEpochs[preset].tokenizer;
  draft.gpt.epochs = presetEpochs[preset].gpt;
}

/** The preset that the epochs of a draft are, if they are one. */
export function presetOf(draft: RunDraft): Preset | undefined {
  return presets.find(
    (name) =>
      presetEpochs[name].tokenizer === draft.tokenizer.epochs && presetEpochs[name].gpt === draft.gpt.epochs,
  );
}

export function configOf({ seed, keepCheckpoints, tokenizer, gpt }: RunDraft): TrainingConfig {
  return trainingConfig.parse({
    seed,
    keepCheckpoints,
    tokenizer: {
      epochs: tokenizer.epochs,
      batch: tokenizer.batch,
      microBatch: microBatchFor(tokenizer.batch, tokenizer.microBatch),
      recompute: tokenizer.recompute,
      optimizer: { ...defaults.tokenizer.optimizer, learningRate: tokenizer.learningRate },
      model: { width: tokenizer.width, heads: tokenizer.width / headWidth, depth: tokenizer.depth },
    },
    gpt: {
      epochs: gpt.epochs,
      batch: gpt.batch,
      microBatch: microBatchFor(gpt.batch, gpt.microBatch),
      recompute: gpt.recompute,
      dropout: gpt.dropout,
      optimizer: { ...defaults.gpt.optimizer, learningRate: gpt.learningRate },
      model: { order: gpt.order, width: gpt.width, heads: gpt.width / headWidth, depth: gpt.depth },
    },
  });
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
