/** Progress of a job in words and as a share. */
import type { JobProgress } from '#shared/contract/jobs.ts';
import { isMessageKey } from '#shared/i18n/index.ts';
import { t } from './words.svelte.ts';

/** `Reading files`; a phase of a newer engine that has no words here shows as the engine calls it. */
export function phaseWords(progress: JobProgress | null): string {
  if (!progress) return t('job.starting');
  const key = `phase.${progress.phase}`;
  return isMessageKey(key) ? t(key) : progress.phase;
}

/** How much of the whole job is done, as far as its worker can tell; else of its phase. */
export function jobShare(progress: JobProgress | null): number | null {
  return progress?.share ?? progressShare(progress);
}

/** Of the phase: 0 … 1, or null while nobody knows how much there is. */
export function progressShare(progress: JobProgress | null): number | null {
  return progress && progress.total > 0 ? progress.done / progress.total : null;
}
