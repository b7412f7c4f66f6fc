/** What a run computes with, and whether a checkpoint was computed with the same. */
import { arch, cpus } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import type { CheckpointManifest, ComputedWith } from '#main/ml/format/manifest.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { runtimeVersion, type Compute } from '../runtime/session.ts';

export function computedWith({ device, threads }: Compute): ComputedWith {
  return {
    device,
    threads,
    runtime: runtimeVersion,
    processor: `${cpus()[0]?.model.trim() ?? ''} ${arch()}`,
  };
}

/** Null where training goes on bit for bit, else `not-bit-exact`, which says what has changed. */
export function exactnessLost(
  { computedWith: before }: CheckpointManifest,
  compute: Compute,
): AppError | null {
  const now = computedWith(compute);
  if (before === null || isDeepStrictEqual(before, now)) return null;
  return new AppError('not-bit-exact', { before: inWords(before), now: inWords(now) });
}

const inWords = ({ device, threads, runtime, processor }: ComputedWith) =>
  `${device} × ${threads}, ONNX Runtime ${runtime}, ${processor}`;
