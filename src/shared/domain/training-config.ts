/** Every setting of a training run, with its default and range. Defaults suit tens to hundreds of short clips on two cores. */
import { z } from 'zod';
import { optimizerSettings } from './optimizer-config.ts';

/** What the model sees of a clip: `frames` images at `size`×`size`, spread evenly over the clip. */
export const windowConfig = z.object({
  /** 1 + a multiple of the tokenizer's temporal stride: the first frame is coded alone. */
  frames: z.number().int().min(1).max(257).default(17),
  size: z.number().int().min(16).max(256).default(64),
});
export type WindowConfig = z.output<typeof windowConfig>;

/** How long a stage trains and on how much at once. */
const stageLength = {
  epochs: z.number().int().min(0).max(100_000),
  /** Clips an optimizer step. */
  batch: z.number().int().min(1).max(1024),
  /** Clips a pass through the graph; batch is a multiple of it. Small ones stay in cache. */
  microBatch: z.number().int().min(1).max(64),
  /** Computes blocks again in the backward pass instead of keeping what is in them: half the memory, a quarter more time. */
  recompute: z.boolean().default(false),
};

/** FSQ video autoencoder: patches of 8×8 (and 4 frames in time, after the first frame) and causal attention. */
export const tokenizerConfig = z.object({
  /** Pixels a token spans along t, y and x. */
  strideT: z.literal(4).default(4),
  strideS: z.number().int().min(2).max(32).default(8),
  /** FSQ levels per latent channel; their product is the size of the codebook. */
  levels: z.array(z.number().int().min(2).max(64)).min(1).max(8).default([8, 5, 5, 5]),
  width: z.number().int().min(16).max(1024).default(192),
  heads: z.number().int().min(1).max(16).default(3),
  /** Transformer blocks in the encoder and in the decoder each. */
  depth: z.number().int().min(1).max(24).default(3),
});
export type TokenizerConfig = z.output<typeof tokenizerConfig>;

export const gptConfig = z.object({
  /** `frame`: tokens of a frame by masked decoding, frames in order; `raster`: plain next-token. */
  order: z.enum(['frame', 'raster']).default('frame'),
  width: z.number().int().min(16).max(2048).default(256),
  heads: z.number().int().min(1).max(32).default(4),
  depth: z.number().int().min(1).max(48).default(6),
  /** Tokens of text that fit before the video; longer captions are cut. */
  textLength: z.number().int().min(4).max(256).default(32),
  /** Entries of the byte-level BPE, the 256 bytes and the special tokens included. */
  textVocabulary: z.number().int().min(260).max(65_536).default(1024),
  /** Size of the sentence feature that is read beside the words: 0 for none, 384 for that of the text encoder (all-MiniLM-L6-v2). */
  textFeatures: z.union([z.literal(0), z.literal(384)]).default(0),
});
export type GptConfig = z.output<typeof gptConfig>;

/** Low-rank adapters: a base model stays as it is, and small matrices beside its own are trained. */
export const loraConfig = z.strictObject({
  rank: z.number().int().min(1).max(512).default(8),
  /** Adapters count alpha/rank times: one learning rate suits all ranks. */
  alpha: z.number().gt(0).max(1024).default(16),
  /** Which matrices of each block get one. */
  targets: z
    .array(z.enum(['attention', 'feedForward']))
    .min(1)
    .default(['attention', 'feedForward']),
});
export type LoraConfig = z.output<typeof loraConfig>;

const settings = z.object({
  /** Starts from the weights of a trained run instead of random ones: its id, `base` for the base model, or the path of a folder. */
  initFrom: z.string().trim().min(1).max(4096).nullable().default(null),
  window: windowConfig.prefault({}),
  seed: z.number().int().min(0).max(0xffffffff).default(1),
  tokenizer: z
    .object({
      model: tokenizerConfig.prefault({}),
      optimizer: optimizerSettings({ learningRate: 1.5e-3, warmup: 0.1 }).prefault({}),
      epochs: stageLength.epochs.default(40),
      batch: stageLength.batch.default(4),
      microBatch: stageLength.microBatch.default(4),
      recompute: stageLength.recompute,
      /** Weight of what differs in light, contrast and structure (1 − SSIM of small windows), beside the distance of pixels. */
      structure: z.number().min(0).max(10).default(0),
      /**
       * What learns. With the encoder at rest, tokens keep their meaning: pictures get better, and a GPT that was trained on
       * those tokens stays valid.
       */
      part: z.enum(['both', 'decoder']).default('both'),
    })
    .prefault({}),
  gpt: z
    .object({
      model: gptConfig.prefault({}),
      optimizer: optimizerSettings({ learningRate: 1e-3 }).prefault({}),
      epochs: stageLength.epochs.default(40),
      batch: stageLength.batch.default(4),
      microBatch: stageLength.microBatch.default(4),
      recompute: stageLength.recompute,
      dropout: z.number().min(0).max(0.9).default(0.1),
      /** Share of captions left out in training, so that guidance has an unconditional model to compare with. */
      captionDropout: z.number().min(0).max(1).default(0.1),
      /**
       * With sentence features: share of clips whose words are left out while the feature stays, so that it means something where
       * the words of a prompt were never seen.
       */
      wordsDropout: z.number().min(0).max(1).default(0.1),
      /** Share of micro-batches that learn clip → text. */
      captionShare: z.number().min(0).max(1).default(0.2),
      /** Of the others, the share that knows at which picture the clip arrives, to learn in-betweens and loops; 0 for none. */
      conditionShare: z.number().min(0).max(1).default(0.15),
      /** Null trains all weights. */
      lora: loraConfig.nullable().default(null),
    })
    .prefault({}),
  /** Checkpoints kept besides the best and the last. */
  keepCheckpoints: z.number().int().min(0).max(100).default(1),
  /** Optimizer steps between checkpoints inside an epoch; a checkpoint is also written after every epoch. */
  checkpointEvery: z.number().int().min(1).max(1_000_000).default(200),
});

export const trainingConfig = settings.superRefine(({ initFrom, tokenizer, gpt }, context) => {
  const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (initFrom === null && tokenizer.part === 'decoder')
    refuse(
      ['tokenizer', 'part'],
      'a decoder alone learns from an encoder that is trained: say with initFrom which run to start from',
    );
  if (gpt.lora === null) return;
  if (initFrom === null)
    refuse(['gpt', 'lora'], 'adapters change a trained model: say with initFrom which run to start from');
  if (gpt.lora.rank > gpt.model.width)
    refuse(['gpt', 'lora', 'rank'], `at most the width of the model, ${gpt.model.width}`);
});
export type TrainingConfig = z.output<typeof trainingConfig>;

/** The share of micro-batches that know where their clips arrive: none where a window is one picture, which arrives where it begins. */
export function conditionShareOf({ window, gpt }: Pick<TrainingConfig, 'window' | 'gpt'>): number {
  return window.frames > 1 ? gpt.conditionShare : 0;
}
