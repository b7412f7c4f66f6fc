/** What the engine runs on, and what to do about what is missing. */
import { z } from 'zod';
import { nothing, wireError } from './common.ts';
import { procedure } from './define.ts';

/** CUDA: NVIDIA on Linux. DirectML (`dml`): Windows. CoreML: macOS. */
export const device = z.enum(['cpu', 'webgpu', 'cuda', 'dml', 'coreml']);
export type Device = z.output<typeof device>;

const deviceInfo = z.object({
  id: device,
  name: z.string(),
  available: z.boolean(),
  /** Why it is not available and what would make it so; null when available. */
  reason: wireError.nullable(),
});

export const systemInfo = z.object({
  version: z.string(),
  workspace: z.string(),
  platform: z.string(),
  node: z.string(),
  onnxruntime: z.string(),
  sqlite: z.string(),
  ffmpeg: z.string(),
  cores: z.number().int(),
  memoryBytes: z.number(),
  freeDiskBytes: z.number(),
  devices: z.array(deviceInfo),
});
export type SystemInfo = z.output<typeof systemInfo>;

export const doctorCheck = z.object({
  id: z.string(),
  status: z.enum(['ok', 'warn', 'fail']),
  /** What was found, technical and the same in all languages, e.g. `ffmpeg 7.1 · /usr/bin/ffmpeg`. */
  found: z.string(),
  /** What is wrong and what to do next; null when ok. */
  fix: wireError.nullable(),
});
export type DoctorCheck = z.output<typeof doctorCheck>;

export const systemProcedures = {
  'system.info': procedure(nothing, systemInfo),
  'system.doctor': procedure(nothing, z.object({ checks: z.array(doctorCheck) })),
};
