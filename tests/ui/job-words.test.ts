/** Progress as the studio words it, where nobody knows how much there is and where all is known. */
import { expect, test } from 'vitest';
import { phaseWords, progressShare } from '../../src/renderer/src/ui/job-words.ts';
import { sampleId } from './samples.ts';

const progress = {
  jobId: sampleId(1),
  phase: 'scan',
  done: 0,
  total: 0,
  rate: 0,
  secondsLeft: null,
  share: null,
};

test('a phase without a total has words but no share', () => {
  expect(phaseWords(progress)).toBe('Looking for files');
  expect(progressShare(progress)).toBeNull();
});

test('a phase with a total has a share, and one of a newer engine its own name', () => {
  expect(progressShare({ ...progress, done: 16, total: 64 })).toBe(0.25);
  expect(phaseWords({ ...progress, phase: 'polish' })).toBe('polish');
});
