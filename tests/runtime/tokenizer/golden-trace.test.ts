/** Ten training steps of a tiny tokenizer give the losses, norms and weights that PyTorch gave (tests/golden/tokenizer_trace.py). */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { learningRateAt } from '#main/ml/optim/schedule.ts';
import { tokenizerParameters } from '#main/ml/tokenizer/model.ts';
import type { TokenizerShape } from '#main/ml/tokenizer/shape.ts';
import { reconstructionTask } from '#main/ml/tokenizer/training.ts';
import { buildGradientGraph } from '#main/ml/training/gradient-graph.ts';
import { initialState, Trainer } from '#main/workers/runtime/trainer.ts';
import { optimizerConfig, type OptimizerConfig } from '#shared/domain/optimizer-config.ts';
import { expectChecksums, expectClose, startValues, type Checksums } from '../trace.ts';

const golden = JSON.parse(
  readFileSync(new URL('../../golden/tokenizer-trace.json', import.meta.url), 'utf8'),
) as {
  shape: TokenizerShape;
  optimizer: OptimizerConfig;
  /** Pixels in eighths. */
  steps: { batch: { first: number[]; later: number[] }; loss: number; norm: number }[];
  checksums: Checksums;
};

it('follows the trace of PyTorch', async () => {
  const { shape, steps, checksums } = golden;
  const parameters = tokenizerParameters(shape);
  const optimizer = optimizerConfig.parse(golden.optimizer);
  const task = reconstructionTask(shape, { microBatch: 2, lowering: 'cpu' });
  const trainer = await Trainer.create(
    {
      compute: { device: 'cpu', threads: 1 },
      parameters,
      optimizer,
      tasks: { reconstruct: buildGradientGraph(task) },
    },
    initialState(parameters, optimizer, startValues(parameters)),
  );
  const pixels = (eighths: number[]) => Float32Array.from(eighths, (value) => value / 8);
  for (const [i, { batch, loss, norm }] of steps.entries()) {
    const feeds = { first: pixels(batch.first), later: pixels(batch.later) };
    const found = await trainer.accumulate('reconstruct', feeds);
    const { gradientNorm } = await trainer.update(learningRateAt(optimizer, i, steps.length));
    expectClose(found['loss']!, loss, `loss at step ${i}`);
    expectClose(gradientNorm, norm, `gradient norm at step ${i}`);
  }
  // The clipping is part of what is checked.
  expect(Math.max(...steps.map(({ norm }) => norm))).toBeGreaterThan(golden.optimizer.clipNorm);
  expectChecksums(await trainer.weights(), checksums);
  await trainer.dispose();
});
