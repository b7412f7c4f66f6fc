/** The four phases of a training run, and where a job is among them. */
import type { JobProgress } from '#shared/contract/jobs.ts';

export const phases = ['decode', 'tokenizer', 'encode', 'gpt'] as const;
export type Phase = (typeof phases)[number];
export type PhaseState = 'done' | 'current' | 'ahead';

/** The worker calls its phases `decode`, `train-tokenizer`, `encode` and `train-gpt`. */
export function phaseOf(progress: JobProgress | null): Phase | undefined {
  const name = progress?.phase.replace(/^train-/, '');
  return phases.find((phase) => phase === name);
}

export function phaseStates(done: boolean, current: Phase | undefined): PhaseState[] {
  if (done) return phases.map(() => 'done');
  const at = current ? phases.indexOf(current) : -1;
  return phases.map((_, index) => (index < at ? 'done' : index === at ? 'current' : 'ahead'));
}
