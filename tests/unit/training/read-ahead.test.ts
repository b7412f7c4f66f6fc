import { expect, test } from 'vitest';
import { ReadAhead } from '#main/workers/train/read-ahead.ts';
import { StageSchedule } from '#main/workers/train/stage-schedule.ts';
import type { Stage } from '#main/workers/train/stage.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';

const config = trainingConfig.parse({ tokenizer: { epochs: 3, batch: 4, microBatch: 2 } });
const schedule = new StageSchedule('tokenizer', config, 7);

/** A stage as far as reading goes; `asked` are the clips it was asked for. */
function stageOf(asked: number[], load: Stage['load'] = async () => () => ({ task: '', batch: {} })): Stage {
  return {
    settings: config.tokenizer,
    microBatchSize: 2,
    load: async (clips: readonly number[]) => {
      asked.push(...clips);
      return load(clips);
    },
  } as unknown as Stage;
}

test('clips are asked for in the order of training, a few micro-batches ahead, and never past the end', async () => {
  const asked: number[] = [];
  const feed = new ReadAhead(stageOf(asked), schedule, 0);
  expect(asked).toEqual([]);
  await feed.next();
  expect(asked).toHaveLength(2 * 5);
  // 3 epochs of 7 clips: 6 steps of 2 micro-batches.
  for (let i = 1; i < 12; i++) await feed.next();
  expect(asked).toEqual(schedule.clips(0, 24));
  await expect(feed.next()).rejects.toThrow('at its end');
});

test('after a resume it goes on with the clips of the next step', async () => {
  const asked: number[] = [];
  await new ReadAhead(stageOf(asked), schedule, 5).next();
  expect(asked).toEqual(schedule.clips(20, 4));
});

test('a clip that cannot be read fails the micro-batch it belongs to, not one before it', async () => {
  const broken = schedule.clips(4, 1)[0]!;
  const feed = new ReadAhead(
    stageOf([], async (clips) => {
      if (clips.includes(broken)) throw new Error('unreadable');
      return () => ({ task: '', batch: {} });
    }),
    schedule,
    0,
  );
  await feed.next();
  await feed.next();
  await expect(feed.next()).rejects.toThrow('unreadable');
});
