import { describe, expect, test } from 'vitest';
import type { MachineRoom, RunCosts } from '#shared/contract/forecast.ts';
import { diskBytes, totalSeconds } from '#shared/domain/needs.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';
import { costSettings } from '#main/ml/forecast/cost-settings.ts';
import { judge, judgeGuess, needsOf } from '#main/ml/forecast/needs.ts';
import { proposalsFor } from '#main/ml/forecast/proposals.ts';

const GB = 1e9;
const config = trainingConfig.parse({ tokenizer: { epochs: 10 }, gpt: { epochs: 20, batch: 8 } });
const clips = { train: 40, val: 5, undecoded: 45 };
const costs: RunCosts = {
  clips: { ...clips, captioned: 1 },
  start: 1,
  decodeClip: 0.5,
  readClip: 0.001,
  openEncoder: 0.3,
  encodeClip: 0.05,
  tokenizer: {
    open: 1,
    microBatches: { reconstruct: 0.2 },
    update: 0.05,
    evaluation: 0.4,
    save: 0.1,
    checkpointBytes: 36e6,
    peakMemoryBytes: 1 * GB,
  },
  gpt: {
    open: 2,
    microBatches: { generate: 0.5, caption: 0.1, conditioned: 0.6 },
    update: 0.1,
    evaluation: 1,
    save: 0.2,
    checkpointBytes: 70e6,
    peakMemoryBytes: 3 * GB,
  },
  idleMemoryBytes: 0.13 * GB,
};
const roomy: MachineRoom = { memoryTotal: 64 * GB, memoryFree: 60 * GB, diskFree: 500 * GB };

describe('needs', () => {
  test('time is the sum of all pieces', () => {
    const { seconds } = needsOf(config, clips, costs);
    expect(seconds!.decode).toBeCloseTo(1 + 45 * 0.5);
    // 100 steps, 11 evaluations and checkpoints.
    expect(seconds!.tokenizer).toBeCloseTo(1 + 100 * 0.25 + 11 * 0.5);
    expect(seconds!.encode).toBeCloseTo(0.3 + 44 * 0.05);
    // 100 steps of two micro-batches, a fifth of which learn captions, and of the others 15% with the last picture given;
    // 21 evaluations and checkpoints.
    const ofClips = 0.85 * 0.5 + 0.15 * 0.6;
    expect(seconds!.gpt).toBeCloseTo(2 + 100 * (2 * (0.8 * ofClips + 0.2 * 0.1) + 0.1) + 21 * 1.2);
    expect(totalSeconds(seconds!)).toBeCloseTo(
      seconds!.decode + seconds!.tokenizer + seconds!.encode + seconds!.gpt,
    );
  });

  test('disk: the newest, the best, those kept, and the one being written; windows that are not there yet', () => {
    const { disk } = needsOf({ ...config, keepCheckpoints: 2 }, { ...clips, undecoded: 3 }, costs);
    expect(disk.checkpoints).toBe(5 * (36e6 + 70e6));
    expect(disk.windows).toBe(3 * 17 * 64 * 64 * 3);
    const short = trainingConfig.parse({ tokenizer: { epochs: 0 }, gpt: { epochs: 1 } });
    expect(needsOf(short, clips, costs).disk.checkpoints).toBe(1 * 36e6 + 2 * 70e6);
  });

  test('without a measurement there is no time, and memory and disk follow from the sizes of the models', () => {
    const small = needsOf(config, clips, null);
    const large = needsOf(
      trainingConfig.parse({ gpt: { model: { width: 1024, heads: 16, depth: 24 } } }),
      clips,
      null,
    );
    expect(small.seconds).toBeNull();
    expect(large.memoryBytes).toBeGreaterThan(10 * small.memoryBytes);
    expect(large.disk.checkpoints).toBeGreaterThan(10 * small.disk.checkpoints);
  });
});

test('judges by what is free: fits, tight, does not fit', () => {
  const needs = needsOf(config, clips, costs);
  const memory = (free: number) => judge(needs, { ...roomy, memoryFree: free }).memory;
  expect([4 * GB, 3.3 * GB, 3.1 * GB].map(memory)).toEqual(['fits', 'tight', 'does-not-fit']);
  const disk = diskBytes(needs);
  const judged = judge(needs, { ...roomy, diskFree: disk });
  expect(judged).toEqual({ memory: 'fits', disk: 'does-not-fit', fit: 'does-not-fit' });
  // What was not measured is refused only when it is far beyond.
  const guessed = (memoryFree: number) => judgeGuess(needs, { ...roomy, memoryFree }).memory;
  expect([2.9 * GB, 1.4 * GB].map(guessed)).toEqual(['tight', 'does-not-fit']);
});

describe('proposals', () => {
  test('each fits, changes one setting for the better, and says what it would take', () => {
    const room = { ...roomy, memoryFree: 2.5 * GB };
    const proposals = proposalsFor(config, clips, costs, room);
    expect(proposals.map(({ changes }) => changes.map(({ setting }) => setting))).toEqual([
      ['gpt.microBatch'],
      ['gpt.recompute'],
      ['gpt.model.depth'],
    ]);
    for (const { config: proposed, needs, fit } of proposals) {
      expect(fit).not.toBe('does-not-fit');
      expect(needs.memoryBytes).toBeLessThan(2.5 * GB);
      expect(trainingConfig.parse(proposed)).toEqual(proposed);
    }
    expect(proposals[0]!.changes).toEqual([{ setting: 'gpt.microBatch', from: 4, to: 2 }]);
    // The same work in smaller passes takes about as long; half the blocks take about half.
    const time = totalSeconds(needsOf(config, clips, costs).seconds!);
    expect(totalSeconds(proposals[0]!.needs.seconds!) / time).toBeCloseTo(1, 1);
    expect(totalSeconds(proposals[2]!.needs.seconds!)).toBeLessThan(0.8 * time);
  });

  test('what starts from a model keeps its sizes', () => {
    const room = { ...roomy, memoryFree: 2.5 * GB };
    const proposals = proposalsFor({ ...config, initFrom: 'base' }, clips, costs, room);
    expect(proposals.map(({ changes }) => changes.map(({ setting }) => setting))).toEqual([
      ['gpt.microBatch'],
      ['gpt.recompute'],
    ]);
  });

  test('a full disk is met with fewer checkpoints', () => {
    const room = { ...roomy, diskFree: 450e6 };
    const [first] = proposalsFor({ ...config, keepCheckpoints: 4 }, clips, costs, room);
    expect(first!.changes).toEqual([{ setting: 'keepCheckpoints', from: 4, to: 0 }]);
  });

  test('where no single change is enough, all together; where nothing is, none', () => {
    const huge = trainingConfig.parse({ gpt: { model: { width: 2048, heads: 32, depth: 48 } } });
    const [together, ...others] = proposalsFor(huge, clips, null, { ...roomy, memoryFree: 0.5 * GB });
    expect(others).toEqual([]);
    expect(together!.changes.length).toBeGreaterThan(1);
    expect(together!.fit).not.toBe('does-not-fit');
    expect(proposalsFor(config, clips, costs, { ...roomy, diskFree: 1000 })).toEqual([]);
  });
});

test('costs are the same for runs that differ only in length and in what steers them', () => {
  const other = trainingConfig.parse({
    seed: 9,
    keepCheckpoints: 7,
    checkpointEvery: 10,
    tokenizer: { epochs: 3, optimizer: { learningRate: 0.1 } },
    gpt: { epochs: 900, batch: 16, captionShare: 0.9, conditionShare: 0.4 },
  });
  expect(costSettings(other)).toEqual(costSettings(config));
  for (const change of [
    { gpt: { model: { depth: 2 } } },
    { gpt: { batch: 3 } },
    { window: { size: 32 } },
    { gpt: { captionShare: 0 } },
    { gpt: { conditionShare: 0 } },
  ]) {
    expect(costSettings(trainingConfig.parse(change))).not.toEqual(costSettings(config));
  }
});
