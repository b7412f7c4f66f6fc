/** Ten training steps of a tiny GPT give the losses, gradient norms and weights that PyTorch gave (tests/golden/gpt_trace.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gptParameters } from '#main/ml/gpt/parameters.ts';
import type { GptShape } from '#main/ml/gpt/shape.ts';
import { gptTask } from '#main/ml/gpt/training-task.ts';
import { learningRateAt } from '#main/ml/optim/schedule.ts';
import { buildGradientGraph } from '#main/ml/training/gradient-graph.ts';
import { initialState, Trainer } from '#main/workers/runtime/trainer.ts';
import { optimizerConfig, type OptimizerConfig } from '#shared/domain/optimizer-config.ts';
import { expectChecksums, expectClose, startValues, type Checksums } from '../trace.ts';

interface Batch {
  text: number[][];
  tokens: number[][];
  masked?: number[][];
  weights?: number[][];
}
interface Trace {
  steps: { batch: Batch; generate: number; caption: number; norm: number }[];
  checksums: Checksums;
}
type Golden = { shape: Omit<GptShape, 'order'>; optimizer: OptimizerConfig } & Record<
  'frame' | 'raster',
  Trace
>;

const golden = JSON.parse(
  readFileSync(new URL('../../golden/gpt-trace.json', import.meta.url), 'utf8'),
) as Golden;
describe.each(['frame', 'raster'] as const)('training in %s order', (order) => {
  it('follows the trace of PyTorch', async () => {
    const shape: GptShape = { ...golden.shape, order };
    const { steps, checksums } = golden[order];
    const parameters = gptParameters(shape);
    const optimizer = optimizerConfig.parse(golden.optimizer);
    const task = (kind: 'generate' | 'caption') => buildGradientGraph(gptTask(kind, shape, { batch: 2 }));
    const trainer = await Trainer.create(
      {
        compute: { device: 'cpu', threads: 1 },
        parameters,
        optimizer,
        tasks: { generate: task('generate'), caption: task('caption') },
      },
      initialState(parameters, optimizer, startValues(parameters)),
    );
    for (const [i, step] of steps.entries()) {
      const { text, tokens, masked, weights } = step.batch;
      const clips = {
        text: Int32Array.from(text.flat()),
        tokens: Int32Array.from(tokens.flat()),
        present: Float32Array.of(1, 1),
      };
      const masks = {
        ...(masked && { masked: Int32Array.from(masked.flat()) }),
        ...(weights && { weights: Float32Array.from(weights.flat()) }),
      };
      const generate = await trainer.accumulate('generate', { ...clips, ...masks });
      const caption = await trainer.accumulate('caption', clips);
      const { gradientNorm } = await trainer.update(learningRateAt(optimizer, i, steps.length));
      expectClose(generate['loss']!, step.generate, `loss of generate at step ${i}`);
      expectClose(caption['loss']!, step.caption, `loss of caption at step ${i}`);
      expectClose(gradientNorm, step.norm, `gradient norm at step ${i}`);
    }
    // The clipping is part of what is checked.
    expect(Math.max(...steps.map(({ norm }) => norm))).toBeGreaterThan(golden.optimizer.clipNorm);

    expectChecksums(await trainer.weights(), checksums);
    await trainer.dispose();
  });
});
