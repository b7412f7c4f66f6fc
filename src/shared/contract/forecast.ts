/** What a run will take, told before it starts: costs that a dry run measured on this machine, and what follows from them. */
import { z } from 'zod';
import { trainingConfig } from '../domain/training-config.ts';
import { id, timestamp } from './common.ts';
import { procedure } from './define.ts';
import { job } from './jobs.ts';
import { device } from './system.ts';

const seconds = z.number().nonnegative();
const bytes = z.number().nonnegative();

/** What the parts of a stage cost; medians, warm-up left out. */
export const stageCosts = z.object({
  /** From the settings to the first step: graphs, sessions, first weights. */
  open: seconds,
  /** One micro-batch of each task, the making of its batch included. */
  microBatches: z.record(z.string(), seconds),
  /** One update of the weights. */
  update: seconds,
  /** One evaluation on all held-out clips that are evaluated. */
  evaluation: seconds,
  /** Writing one checkpoint, and its size. */
  save: seconds,
  checkpointBytes: bytes,
  /** The most memory the worker had in use by the end of this stage. */
  peakMemoryBytes: bytes,
});
export type StageCosts = z.output<typeof stageCosts>;

/** Everything that a dry run measures. Nothing in it depends on how long the run is to be. */
export const runCosts = z.object({
  clips: z.object({
    train: z.number().int(),
    /** Held-out clips that are evaluated. */
    val: z.number().int(),
    /** Clips of both that had not been decoded yet when the dry run ended. */
    undecoded: z.number().int(),
    /** Share of the train split that has a caption. */
    captioned: z.number().min(0).max(1),
  }),
  /** Until the worker begins to work. */
  start: seconds,
  decodeClip: seconds,
  readClip: seconds,
  openEncoder: seconds,
  encodeClip: seconds,
  tokenizer: stageCosts,
  gpt: stageCosts,
  /** Memory of the worker before the first graph is built. */
  idleMemoryBytes: bytes,
});
export type RunCosts = z.output<typeof runCosts>;

export const fit = z.enum(['fits', 'tight', 'does-not-fit']);
export type Fit = z.output<typeof fit>;

/** What the machine has now. */
export const machineRoom = z.object({
  memoryTotal: bytes,
  memoryFree: bytes,
  /** On the disk of the workspace. */
  diskFree: bytes,
});
export type MachineRoom = z.output<typeof machineRoom>;

/** Seconds of each phase, its evaluations and checkpoints included. */
export const phaseSeconds = z.object({
  decode: seconds,
  tokenizer: seconds,
  encode: seconds,
  gpt: seconds,
});
export type PhaseSeconds = z.output<typeof phaseSeconds>;

/** What a run needs. */
export const needs = z.object({
  /** Null while nothing has been measured. */
  seconds: phaseSeconds.nullable(),
  memoryBytes: bytes,
  disk: z.object({ checkpoints: bytes, windows: bytes, tokens: bytes }),
});
export type Needs = z.output<typeof needs>;

/** One setting that a proposal changes, by its path in the config. */
export const settingChange = z.object({
  setting: z.enum([
    'keepCheckpoints',
    'tokenizer.microBatch',
    'tokenizer.recompute',
    'tokenizer.model.width',
    'tokenizer.model.depth',
    'gpt.microBatch',
    'gpt.recompute',
    'gpt.model.width',
    'gpt.model.depth',
  ]),
  from: z.union([z.number(), z.boolean()]),
  to: z.union([z.number(), z.boolean()]),
});
export type SettingChange = z.output<typeof settingChange>;

/** Settings that would fit. Its needs are estimates: what was measured, scaled by rule. */
export const proposal = z.object({
  changes: z.array(settingChange).min(1),
  config: trainingConfig,
  needs,
  fit,
});
export type Proposal = z.output<typeof proposal>;

export const forecast = z.object({
  /** When the costs were measured; null where the needs are estimated by rule alone. */
  measuredAt: timestamp.nullable(),
  /** What was measured. */
  costs: runCosts.nullable(),
  needs,
  room: machineRoom,
  memory: fit,
  disk: fit,
  /** The worse of the two. */
  fit,
  /** Only where the run does not fit. */
  proposals: z.array(proposal),
});
export type Forecast = z.output<typeof forecast>;

const planned = z.object({ snapshotId: id, config: trainingConfig.prefault({}), device: device.optional() });

export const forecastProcedures = {
  /** Measures by a dry run; when the job is done, `forecast.get` knows more. */
  'forecast.measure': procedure(planned, job),
  /** The forecast from the newest measurement with the same costs, or by rule where there is none. */
  'forecast.get': procedure(planned, forecast),
};
