/** What an evaluation of a run is asked for, and what it finds. */
import { z } from 'zod';
import { samplingPreset, samplingSettings } from '../domain/sampling-presets.ts';
import { id, splitName } from './common.ts';

export const evalOptions = z.object({
  /** At most so many clips of the split, picked by lot; null takes all. */
  clips: z.number().int().min(1).nullable().default(null),
  /** Leaves out whatever needs takes. */
  quick: z.boolean().default(false),
  /** Captions of the split of which takes are made; those are compared with real clips. */
  sample: z.number().int().min(0).max(100).default(8),
  /** Further prompts of which takes are made. */
  prompts: z.array(z.string().trim().min(1).max(1000)).max(100).default([]),
  /** Takes of each caption and prompt. */
  takes: z.number().int().min(1).max(8).default(2),
  preset: samplingPreset.default('balanced'),
  /** What is said here goes before the preset. Each take after the first has the next seed. */
  sampling: samplingSettings
    .partial()
    .extend({ seed: z.number().int().min(0).max(0xffff_0000).default(1) })
    .prefault({}),
  /** Where pictures of the takes go: of the prompts, or of the captions if there are none. Null draws nothing. */
  gridFolder: z.string().min(1).nullable().default(null),
});
export type EvalOptions = z.output<typeof evalOptions>;

const share = z.number().min(0).max(1);
const accuracy = z.object({ top1: share, top5: share });

/** See `rankings` in ml/eval for the three ways to rank. */
const retrieval = z.object({
  /** Captions among which each is looked for. */
  candidates: z.number().int(),
  total: accuracy,
  perToken: accuracy,
  /** Null where there are no other clips to compare with. */
  lift: accuracy.nullable(),
});
export type Retrieval = z.output<typeof retrieval>;

/** Distances of motion, see `motionEnergies` and `createSpectrum` in ml/eval; null for clips of one frame. */
const motionDistances = z.object({
  motionDistance: z.number().nullable(),
  /** In dB. */
  spectrumDistance: z.number().nullable(),
});

const evaluatedTake = z.object({
  prompt: z.string(),
  seed: z.number().int(),
  /** The clip of the train split that looks most like it; null where there are none. */
  nearest: z
    .object({
      clipId: id,
      caption: z.string(),
      /** 0 … 1, see `signatureDistance` in ml/eval. */
      distance: z.number(),
      /** Share of tokens that are the same. */
      tokenAgreement: share,
      /** 0: as far away as clips that the model has never seen; 1: the same. */
      copyScore: share,
    })
    .nullable(),
});
export type EvaluatedTake = z.output<typeof evaluatedTake>;

const takeMeasures = z.object({
  prompts: z.number().int(),
  takesOfEach: z.number().int(),
  /** Takes of captions of the split from clips of the split. */
  ofTakes: motionDistances.nullable(),
  /** For comparison: clips of the train split from clips of the split. */
  ofRealClips: motionDistances.nullable(),
  /** Median distance of clips of the split from the nearest clip of the train split. */
  typicalDistance: z.number().nullable(),
  /** Of the takes; null where there is nothing to copy. */
  copyScore: z.object({ mean: share, highest: share }).nullable(),
  /** See `seedDiversity` in ml/eval. */
  seedDiversity: z.number().nullable(),
  takes: z.array(evaluatedTake),
});
export type TakeMeasures = z.output<typeof takeMeasures>;

/** What an evaluation of a checkpoint on one split found. What was not measured is null; older reports lack some. */
export const evalReport = z.object({
  runId: id,
  split: splitName,
  clips: z.number().int(),
  /** Nats a token, and its exponential. Exact in `raster` order, an upper bound in `frame` order. */
  tokenLoss: z.number(),
  perplexity: z.number(),
  /** Bits of a clip's tokens, spread over its pixels: given the caption, and without it. */
  bitsPerPixel: z.number().nullable().default(null),
  bitsPerPixelUncaptioned: z.number().nullable().default(null),
  /** `tokenLoss` where the last picture is given too; null for a model that has not learned it. */
  inbetweenLoss: z.number().nullable().default(null),
  /** `tokenLoss` of clips that end where they begin, where that is said; the first latent frame is thereby known. */
  loopLoss: z.number().nullable().default(null),
  /** Nats a byte-pair token of the caption given the clip. */
  captionLoss: z.number().nullable(),
  retrieval: retrieval.nullable().default(null),
  psnr: z.number(),
  ssim: z.number(),
  /** PSNR of the differences between frames, in dB; null for clips of one frame. */
  temporalPsnr: z.number().nullable().default(null),
  /** Share of the codebook that the split uses, 0 … 1. */
  codebookUse: z.number(),
  takes: takeMeasures.nullable().default(null),
});
export type EvalReport = z.output<typeof evalReport>;
