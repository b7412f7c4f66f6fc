/** WebGPU computes what the CPU computes, and keeps on the device what belongs there: weights, optimizer state, KV cache. */
import { beforeAll, describe, expect, it } from 'vitest';
import { hasSwiftShader, onDevice } from './swift-shader.ts';
import type { DeviceNumbers, Trained } from './train-and-sample.ts';

const SCALAR_BYTES = 4;
const stages = ['frame', 'raster', 'tokenizer'] as const;
const samplers = ['frame', 'raster', 'caption'] as const;

describe.skipIf(!hasSwiftShader)('WebGPU (skipped without the SwiftShader of Chromium or Electron)', () => {
  let cpu: DeviceNumbers;
  let webgpu: DeviceNumbers;
  beforeAll(async () => {
    cpu = await onDevice('train-and-sample.ts', 'cpu');
    webgpu = await onDevice('train-and-sample.ts', 'webgpu');
  });

  describe.each(stages)('training (%s)', (stage) => {
    it('has the losses, gradient norms and held-out values of the CPU', () => {
      const values = ({ losses, evaluation }: Trained) => [...losses, ...Object.values(evaluation)];
      // Held to the tolerance of the traces: rounding that Adam enlarges (see below) shows in the losses after it.
      expect(worst(values(webgpu.trained[stage]), values(cpu.trained[stage]))).toBeLessThan(1e-4);
    });

    it('arrives at the weights and moments of the CPU', () => {
      // Adam divides by the root of a gradient's square: where that is tiny, rounding shows, up to a part of the step of 1e-2.
      for (const [name, values] of Object.entries(cpu.trained[stage].state))
        expect(worst(webgpu.trained[stage].state[name]!, values), name).toBeLessThan(1e-3);
    });

    it('sends a micro-batch up and scalars down; weights and gradient sums stay', () => {
      const { up, down, kept } = webgpu.trained[stage].traffic.gradients;
      const inputs = ['text', 'tokens', 'present', 'seed', 'masked', 'weights', 'first', 'later'];
      expect(inputs).toEqual(expect.arrayContaining(Object.keys(up)));
      expect(new Set(Object.values(down))).toEqual(new Set([SCALAR_BYTES]));
      expect(kept).toBeGreaterThan(10 * bytesOf(up));
    });

    it('sends nothing but scalars for an update; weights and moments stay', () => {
      const { up, down, kept } = webgpu.trained[stage].traffic.update;
      expect(new Set([...Object.values(up), ...Object.values(down)])).toEqual(new Set([SCALAR_BYTES]));
      const stateBytes = 4 * Object.values(webgpu.trained[stage].state).flat().length;
      expect(kept).toBeGreaterThanOrEqual(2 * stateBytes);
    });
  });

  describe.each(samplers)('sampling (%s)', (sampler) => {
    it('has the logits of the CPU', () => {
      const [ours, theirs] = [webgpu.sampled[sampler].logits.flat(), cpu.sampled[sampler].logits.flat()];
      expect(worst(ours, theirs)).toBeLessThan(1e-4);
    });

    it('sends tokens up and logits down; the KV cache stays', () => {
      const { read, commit } = webgpu.sampled[sampler].traffic;
      expect(Object.keys(read.up).sort()).toEqual(['mask', 'places', 'tokens']);
      expect(Object.keys(read.down)).toEqual(['logits']);
      expect(commit).toMatchObject({ up: { at: expect.any(Number) }, down: {} });
      expect(commit!.kept).toBeGreaterThan(read.kept);
    });
  });

  it('evaluates, encodes and decodes like the CPU', () => {
    expect(worst(webgpu.losses, cpu.losses)).toBeLessThan(1e-5);
    expect(webgpu.tokens).toEqual(cpu.tokens);
    // Rounding to whole numbers may fall to either side.
    expect(worst(webgpu.pixels, cpu.pixels)).toBeLessThanOrEqual(1);
  });
});

/** Largest difference, absolute for values up to 1, relative beyond. */
function worst(values: readonly number[], expected: readonly number[]): number {
  expect(values.length).toBe(expected.length);
  expect(values.length).toBeGreaterThan(0);
  return values.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - expected[i]!) / Math.max(1, Math.abs(expected[i]!))),
    0,
  );
}

const bytesOf = (sizes: Readonly<Record<string, number>>) =>
  Object.values(sizes).reduce((sum, bytes) => sum + bytes, 0);
