/** Generation: a take is one clip made from a prompt by a run's checkpoint, with everything needed to make it again. */
import { z } from 'zod';
import { id, ids, timestamp } from './common.ts';
import { event, procedure } from './define.ts';
import { job } from './jobs.ts';
import { device } from './system.ts';

export const sampling = z.object({
  seed: z.number().int().min(0).max(0xffffffff).default(1),
  /** 1 is no guidance; more follows the prompt more closely. */
  guidance: z.number().min(1).max(20).default(3),
  temperature: z.number().min(0).max(5).default(1),
  topP: z.number().gt(0).max(1).default(0.95),
  /** Decoding steps a latent frame in `frame` order; `raster` order ignores it. */
  steps: z.number().int().min(1).max(64).default(8),
});
export type Sampling = z.output<typeof sampling>;

export const take = z.object({
  id,
  runId: id,
  jobId: id,
  prompt: z.string(),
  sampling,
  createdAt: timestamp,
  status: z.enum(['running', 'done', 'stopped', 'failed']),
  /** Frames finished so far; frame k is at `/media/take/<id>/frame/<k>`. */
  framesDone: z.number().int(),
  frameCount: z.number().int(),
  width: z.number().int(),
  height: z.number().int(),
  frameRate: z.number(),
  /** Whether `/media/take/<id>/video` (MP4) is there. */
  hasVideo: z.boolean(),
});
export type Take = z.output<typeof take>;

export const captionSuggestion = z.object({ clipId: id, text: z.string(), logProbability: z.number() });
export type CaptionSuggestion = z.output<typeof captionSuggestion>;

export const generationProcedures = {
  'generation.start': procedure(
    z.object({
      runId: id,
      prompt: z.string().max(1000),
      sampling: sampling.prefault({}),
      device: device.optional(),
    }),
    take,
  ),
  'generation.listTakes': procedure(
    z.object({ runId: id.optional(), limit: z.number().int().min(1).max(500).default(100) }),
    z.object({ takes: z.array(take) }),
  ),
  'generation.getTake': procedure(z.object({ takeId: id }), take),
  'generation.removeTakes': procedure(z.object({ takeIds: ids }), z.object({ removed: z.number().int() })),
  'generation.restoreTakes': procedure(z.object({ takeIds: ids }), z.object({ restored: z.number().int() })),
  /** Writes the take as MP4 to a path on the engine's machine; refuses to overwrite unless told. */
  'generation.export': procedure(
    z.object({ takeId: id, path: z.string().min(1), overwrite: z.boolean().default(false) }),
    z.object({ path: z.string(), bytes: z.number().int() }),
  ),
  /** Clip → text: the job leaves suggestions, which nothing applies by itself. */
  'captions.suggest': procedure(z.object({ runId: id, clipIds: ids.min(1), device: device.optional() }), job),
  'captions.suggestions': procedure(
    z.object({ jobId: id }),
    z.object({ suggestions: z.array(captionSuggestion) }),
  ),
};

export const generationEvents = {
  /** Frames finished since the last event; also sent once when the take ends. */
  'generation.take': event(take),
};
