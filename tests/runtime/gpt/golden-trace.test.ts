/** Ten training steps of a tiny GPT give the losses, gradient norms and weights that PyTorch gave (tests/golden/gpt_trace.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gptParameters } from '#main/ml/gpt/parameters.ts';
import type { GptShape } from '#main/ml/gpt/shape.ts';
import { gptTask, type GptSequence } from '#main/ml/gpt/training-task.ts';
import { learningRateAt } from '#main/ml/optim/schedule.ts';
import { buildGradientGraph } from '#main/ml/training/gradient-graph.ts';
import { initialState, Trainer } from '#main/workers/runtime/trainer.ts';
import { optimizerConfig, type OptimizerConfig } from '#shared/domain/optimizer-config.ts';
import { expectChecksums, expectClose, startValues, type Checksums } from '../trace.ts';

interface Batch {
  text: number[][];
  tokens: number[][];
  feature: number[][];
  task: number[];
  condition: number[][];
  masked?: number[][];
  weights?: number[][];
}
interface Trace {
  steps: ({ batch: Batch; norm: number } & Record<GptSequence, number>)[];
  checksums: Checksums;
}
type Golden = {
  shape: Omit<GptShape, 'order' | 'codeFactors' | 'videoLogits'>;
  optimizer: OptimizerConfig;
} & Record<'frame' | 'raster', Trace>;

const golden = JSON.parse(
  readFileSync(new URL('../../golden/gpt-trace.json', import.meta.url), 'utf8'),
) as Golden;
describe.each(['frame', 'raster'] as const)('training in %s order', (order) => {
  it('follows the trace of PyTorch', async () => {
    const { codes } = golden.shape;
    const shape: GptShape = { ...golden.shape, order, codeFactors: [codes], videoLogits: codes };
    const { steps, checksums } = golden[order];
    const parameters = gptParameters(shape);
    const optimizer = optimizerConfig.parse(golden.optimizer);
    const task = (kind: GptSequence) => buildGradientGraph(gptTask(kind, shape, { batch: 2 }));
    const trainer = await Trainer.create(
      {
        compute: { device: 'cpu', threads: 1 },
        parameters,
        optimizer,
        tasks: { generate: task('generate'), caption: task('caption'), conditioned: task('conditioned') },
      },
      initialState(parameters, optimizer, startValues(parameters)),
    );
    for (const [i, step] of steps.entries()) {
      const { text, tokens, feature, task, condition, masked, weights } = step.batch;
      const clips = {
        text: Int32Array.from(text.flat()),
        tokens: Int32Array.from(tokens.flat()),
        present: Float32Array.of(1, 1),
      };
      const prompted = {
        ...clips,
        feature: Float32Array.from(feature.flat()),
        ...(masked && { masked: Int32Array.from(masked.flat()) }),
        ...(weights && { weights: Float32Array.from(weights.flat()) }),
      };
      const arrivals = { task: Int32Array.from(task), condition: Int32Array.from(condition.flat()) };
      const batches = { generate: prompted, caption: clips, conditioned: { ...prompted, ...arrivals } };
      const losses: Record<string, number> = {};
      for (const [kind, batch] of Object.entries(batches))
        losses[kind] = (await trainer.accumulate(kind, batch))['loss']!;
      const { gradientNorm } = await trainer.update(learningRateAt(optimizer, i, steps.length));
      for (const kind of ['generate', 'caption', 'conditioned'] as const)
        expectClose(losses[kind]!, step[kind], `loss of ${kind} at step ${i}`);
      expectClose(gradientNorm, step.norm, `gradient norm at step ${i}`);
    }
    // The clipping is part of what is checked.
    expect(Math.max(...steps.map(({ norm }) => norm))).toBeGreaterThan(golden.optimizer.clipNorm);

    expectChecksums(await trainer.weights(), checksums);
    await trainer.dispose();
  });
});
