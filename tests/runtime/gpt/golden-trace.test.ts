/** Ten training steps of a tiny GPT give the losses, gradient norms and weights that PyTorch gave (tests/golden/gpt_trace.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gptParameters } from '#main/ml/gpt/parameters.ts';
import type { GptShape } from '#main/ml/gpt/shape.ts';
import { gptTask } from '#main/ml/gpt/training-task.ts';
import type { ParameterSet } from '#main/ml/nn/parameters.ts';
import { learningRateAt } from '#main/ml/optim/schedule.ts';
import { buildGradientGraph } from '#main/ml/training/gradient-graph.ts';
import { initialState, Trainer } from '#main/workers/runtime/trainer.ts';
import { optimizerConfig, type OptimizerConfig } from '#shared/domain/optimizer-config.ts';

interface Batch {
  text: number[][];
  tokens: number[][];
  masked?: number[][];
  weights?: number[][];
}
interface Trace {
  steps: { batch: Batch; generate: number; caption: number; norm: number }[];
  /** By parameter: its norm, and its product with a pattern. */
  checksums: Record<string, [number, number]>;
}
type Golden = { shape: Omit<GptShape, 'order'>; optimizer: OptimizerConfig } & Record<
  'frame' | 'raster',
  Trace
>;

const golden = JSON.parse(
  readFileSync(new URL('../../golden/gpt-trace.json', import.meta.url), 'utf8'),
) as Golden;
const TOLERANCE = 1e-4;

/** The start values of the script: its generator of Lehmer. */
function startValues(parameters: ParameterSet): Map<string, Float32Array> {
  let state = 42;
  return new Map(
    parameters.specs.map(({ name, shape }) => {
      const values = Float32Array.from({ length: shape.reduce((size, axis) => size * axis, 1) }, () => {
        state = (state * 16807) % 2147483647;
        return 0.4 * ((2 * state) / 2147483647 - 1) + (shape.length === 1 ? 1 : 0);
      });
      return [name, values];
    }),
  );
}

function expectClose(found: number, expected: number, what: string, scale = Math.abs(expected)): void {
  expect(Math.abs(found - expected) / scale, `${what}: ${found} instead of ${expected}`).toBeLessThan(
    TOLERANCE,
  );
}

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

    const trained = await trainer.weights();
    expect([...trained.keys()]).toEqual(Object.keys(checksums));
    for (const [name, [norm, product]] of Object.entries(checksums)) {
      const values = trained.get(name)!;
      expectClose(Math.hypot(...values), norm, `norm of ${name}`);
      const found = values.reduce((sum, value, i) => sum + value * ((i % 7) - 3), 0);
      expectClose(found, product, `checksum of ${name}`, norm * Math.sqrt(values.length));
    }
    await trainer.dispose();
  });
});
