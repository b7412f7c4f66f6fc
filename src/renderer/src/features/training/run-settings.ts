/** What the form of a new run offers, and how that becomes a training config. */
import { trainingConfig, type TrainingConfig } from '#shared/domain/training-config.ts';

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
  tokenizer: StageDraft;
  gpt: StageDraft & { order: 'frame' | 'raster'; dropout: number };
}

export interface StageDraft {
  epochs: number;
  batch: number;
  learningRate: number;
  width: number;
  depth: number;
}

/** Channels an attention head works on; widths are multiples of it. */
export const headWidth = 64;

export function draftOf(config: TrainingConfig = defaults): RunDraft {
  const stage = ({ epochs, batch, optimizer, model }: TrainingConfig['tokenizer' | 'gpt']): StageDraft => ({
    epochs,
    batch,
    learningRate: optimizer.learningRate,
    width: model.width,
    depth: model.depth,
  });
  const { order } = config.gpt.model;
  return {
    seed: config.seed,
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

export function configOf({ seed, tokenizer, gpt }: RunDraft): TrainingConfig {
  return trainingConfig.parse({
    seed,
    tokenizer: {
      epochs: tokenizer.epochs,
      batch: tokenizer.batch,
      microBatch: microBatchOf(tokenizer.batch, defaults.tokenizer.microBatch),
      optimizer: { ...defaults.tokenizer.optimizer, learningRate: tokenizer.learningRate },
      model: { width: tokenizer.width, heads: tokenizer.width / headWidth, depth: tokenizer.depth },
    },
    gpt: {
      epochs: gpt.epochs,
      batch: gpt.batch,
      microBatch: microBatchOf(gpt.batch, defaults.gpt.microBatch),
      dropout: gpt.dropout,
      optimizer: { ...defaults.gpt.optimizer, learningRate: gpt.learningRate },
      model: { order: gpt.order, width: gpt.width, heads: gpt.width / headWidth, depth: gpt.depth },
    },
  });
}

/** The largest number of clips a pass that divides the batch and is no more than `most`. */
export function microBatchOf(batch: number, most: number): number {
  for (let size = Math.min(batch, most); size > 1; size--) if (batch % size === 0) return size;
  return 1;
}
