import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluatedClips, microBatchFor, stageCounts } from '#shared/domain/stage-counts.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';
import { StageSchedule } from '#main/workers/train/stage-schedule.ts';

/** The schedule of training, walked step by step. */
function walked(config: ReturnType<typeof trainingConfig.parse>, clips: number, done: number) {
  const schedule = new StageSchedule('gpt', config, clips);
  const counts = { steps: 0, evaluations: 0, saves: 0 };
  for (let step = done + 1; step <= schedule.totalSteps; step++) {
    if (step > 0) counts.steps++;
    if (schedule.evaluatesAt(step)) counts.evaluations++;
    if (schedule.savesAt(step)) counts.saves++;
  }
  return counts;
}

test('counts what the schedule of training has, from its beginning and from any checkpoint', () => {
  const few = (max: number, min = 1) => fc.integer({ min, max });
  fc.assert(
    fc.property(few(12, 0), few(20), few(40), few(30), few(60, -1), (epochs, batch, clips, every, done) => {
      const config = trainingConfig.parse({ gpt: { epochs, batch }, checkpointEvery: every });
      expect(stageCounts(config.gpt, clips, every, done)).toEqual(walked(config, clips, done));
    }),
  );
});

test('every batch is a whole number of micro-batches', () => {
  expect([1, 3, 6, 7, 8, 10].map((batch) => microBatchFor(batch, 4))).toEqual([1, 3, 3, 1, 4, 2]);
});

test('small runs are evaluated on all held-out clips, large ones on a quarter as many as they train on', () => {
  expect(evaluatedClips(10, 5)).toBe(5);
  expect(evaluatedClips(10, 500)).toBe(16);
  expect(evaluatedClips(1000, 500)).toBe(250);
});
