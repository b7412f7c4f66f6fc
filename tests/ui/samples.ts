/** Things of the contract as an engine would send them, with only what a test cares about spelled out. */
import type { Take } from '#shared/contract/generation.ts';
import { sampling } from '#shared/contract/generation.ts';
import type { Job } from '#shared/contract/jobs.ts';
import type { Clip } from '#shared/contract/library.ts';
import type { Run } from '#shared/contract/training.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';

export function sampleId(number: number): string {
  return `01KAR${String(number).padStart(21, '0')}`;
}

export function sampleClip(number: number, changes: Partial<Clip> = {}): Clip {
  return {
    id: sampleId(number),
    assetId: sampleId(number),
    name: `clip-${number}.webp`,
    path: `/clips/clip-${number}.webp`,
    kind: 'animation',
    format: 'Animated WebP',
    width: 256,
    height: 256,
    start: 0,
    end: 2.5,
    frameRate: 24,
    frameCount: 60,
    hasAlpha: true,
    hasAudio: false,
    variableFrameRate: false,
    bytes: 150_000,
    caption: '',
    groupId: `group-${number}`,
    createdAt: 1_000_000 - number,
    ...changes,
  };
}

export function sampleJob(number: number, changes: Partial<Job> = {}): Job {
  return {
    id: sampleId(number),
    kind: 'import',
    status: 'running',
    title: 'clips',
    createdAt: number,
    startedAt: number,
    finishedAt: null,
    attempts: 1,
    canResume: false,
    error: null,
    notices: [],
    progress: null,
    ...changes,
  };
}

export function sampleRun(number: number, changes: Partial<Run> = {}): Run {
  const job = sampleJob(number + 1000, { kind: 'train' });
  return {
    id: sampleId(number),
    name: `Run ${number}`,
    snapshotId: sampleId(9000),
    snapshotName: 'Snapshot 1',
    jobId: job.id,
    createdAt: number,
    config: trainingConfig.parse({}),
    base: null,
    job,
    valLossBefore: null,
    valLossBest: null,
    canGenerate: false,
    ...changes,
  };
}

export function sampleTake(number: number, changes: Partial<Take> = {}): Take {
  return {
    id: sampleId(number),
    runId: sampleId(1),
    model: null,
    jobId: sampleId(2),
    prompt: 'a turtle swims',
    task: { kind: 'generate' },
    sampling: sampling.parse({}),
    createdAt: number,
    status: 'done',
    framesDone: 17,
    frameCount: 17,
    width: 64,
    height: 64,
    frameRate: 8,
    hasVideo: true,
    ...changes,
  };
}
