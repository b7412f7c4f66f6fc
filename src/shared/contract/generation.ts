/** Generation: a take is one clip made from a prompt by a run's checkpoint or the base model, with everything needed to make it again. */
import { z } from 'zod';
import { samplingPreset, samplingPresets, samplingSettings } from '../domain/sampling-presets.ts';
import { id, ids, timestamp } from './common.ts';
import { event, procedure } from './define.ts';
import { job } from './jobs.ts';
import { modelId, packageName } from './models.ts';
import { device } from './system.ts';
import { takeTask } from './take-task.ts';

const seed = z.number().int().min(0).max(0xffffffff).default(1);
const { guidance, temperature, topP, steps } = samplingSettings.shape;
const { balanced } = samplingPresets;

/** Everything that steered the sampling of a take. */
export const sampling = z.object({
  /** The preset that these settings are; null where one of them was chosen apart. */
  preset: samplingPreset.nullable().default(null),
  seed,
  guidance: guidance.default(balanced.guidance),
  temperature: temperature.default(balanced.temperature),
  topP: topP.default(balanced.topP),
  steps: steps.default(balanced.steps),
});
export type Sampling = z.output<typeof sampling>;

/** The most takes that are made at a time. */
export const MAX_TAKES = 16;

export const take = z.object({
  id,
  /** The run that made it, or the base model. */
  runId: modelId,
  /** Which package that was; null for a run. */
  model: packageName.nullable(),
  jobId: id,
  prompt: z.string(),
  task: takeTask,
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

/** How sure the model was of what it made. */
export const takeConfidence = z.object({
  /** Tokens of a latent frame. */
  rows: z.number().int(),
  columns: z.number().int(),
  latentFrames: z.array(
    z.object({
      /** The frames that it stands for. */
      firstFrame: z.number().int(),
      frameCount: z.number().int(),
      /** Of each token, row by row: the probability the model gave it when it was chosen. */
      confidence: z.array(z.number().min(0).max(1)),
    }),
  ),
});
export type TakeConfidence = z.output<typeof takeConfidence>;

export const captionSuggestion = z.object({ clipId: id, text: z.string(), logProbability: z.number() });
export type CaptionSuggestion = z.output<typeof captionSuggestion>;

export const generationProcedures = {
  /** Takes of one prompt, which are made side by side. */
  'generation.start': procedure(
    z.object({
      runId: modelId,
      /** May be empty. */
      prompt: z.string().max(1000),
      task: takeTask.prefault({ kind: 'generate' }),
      preset: samplingPreset.default('balanced'),
      /** What is said here goes before the preset. Each take after the first has the next seed. */
      sampling: samplingSettings.partial().extend({ seed }).prefault({}),
      takes: z.number().int().min(1).max(MAX_TAKES).default(1),
      device: device.optional(),
    }),
    z.object({ takes: z.array(take).min(1) }),
  ),
  'generation.listTakes': procedure(
    z.object({ runId: modelId.optional(), limit: z.number().int().min(1).max(500).default(100) }),
    z.object({ takes: z.array(take) }),
  ),
  'generation.getTake': procedure(z.object({ takeId: id }), take),
  /** Of a take that is over; null while it is under way, and of takes that have no tokens. */
  'generation.confidence': procedure(
    z.object({ takeId: id }),
    z.object({ confidence: takeConfidence.nullable() }),
  ),
  'generation.removeTakes': procedure(z.object({ takeIds: ids }), z.object({ removed: z.number().int() })),
  'generation.restoreTakes': procedure(z.object({ takeIds: ids }), z.object({ restored: z.number().int() })),
  /** Writes the take as MP4 to a path on the engine's machine; refuses to overwrite unless told. */
  'generation.export': procedure(
    z.object({ takeId: id, path: z.string().min(1), overwrite: z.boolean().default(false) }),
    z.object({ path: z.string(), bytes: z.number().int() }),
  ),
  /** Clip → text: the job leaves suggestions, which nothing applies by itself. */
  'captions.suggest': procedure(
    z.object({ runId: modelId, clipIds: ids.min(1), device: device.optional() }),
    job,
  ),
  'captions.suggestions': procedure(
    z.object({ jobId: id }),
    z.object({ suggestions: z.array(captionSuggestion) }),
  ),
};

export const generationEvents = {
  /** Frames finished since the last event; also sent once when the take ends. */
  'generation.take': event(take),
};
