/** What an evaluation of a run is asked for, and what it finds. */
import { z } from 'zod';
import { id, splitName } from './common.ts';

export const evalOptions = z.object({
  /** At most so many clips of the split, picked by lot; null takes all. */
  clips: z.number().int().min(1).nullable().default(null),
  /** Leaves out whatever needs takes. */
  quick: z.boolean().default(false),
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
  /** Null where the train split has no other clips to compare with. */
  lift: accuracy.nullable(),
});
export type Retrieval = z.output<typeof retrieval>;

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
  /** Nats a byte-pair token of the caption given the clip. */
  captionLoss: z.number().nullable(),
  retrieval: retrieval.nullable().default(null),
  psnr: z.number(),
  ssim: z.number(),
  /** PSNR of the differences between frames, in dB; null for clips of one frame. */
  temporalPsnr: z.number().nullable().default(null),
  /** Share of the codebook that the split uses, 0 … 1. */
  codebookUse: z.number(),
});
export type EvalReport = z.output<typeof evalReport>;
