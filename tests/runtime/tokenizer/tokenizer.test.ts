import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeModel } from '#main/ml/onnx/encode.ts';
import { Graph } from '#main/ml/onnx/graph.ts';
import { gradients } from '#main/ml/autodiff/gradients.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { Random } from '#shared/domain/random.ts';
import {
  codebookSize,
  codeOfIndex,
  codesOf,
  indexOfLevels,
  indicesOf,
  quantize,
} from '#main/ml/tokenizer/fsq.ts';
import { tokenizerParameters } from '#main/ml/tokenizer/model.ts';
import { tokenizerShape } from '#main/ml/tokenizer/shape.ts';
import { Session } from '#main/workers/runtime/session.ts';
import { VideoTokenizer } from '#main/workers/runtime/video-tokenizer.ts';
import { tokenizerConfig } from '#shared/domain/training-config.ts';

const compute = { device: 'cpu', threads: 1 } as const;

describe('FSQ', () => {
  const levels = [8, 5, 5, 5];
  const size = codebookSize(levels);

  async function run(graph: Graph, z: Float32Array) {
    const session = await Session.create(encodeModel(graph), compute);
    const results = await session.run({ z });
    await session.dispose();
    return results;
  }

  test('every code is quantized to itself and has the index it came from', async () => {
    const graph = new Graph();
    // Latents whose squashed value is exactly a level: the inverse of what quantization does before it rounds.
    const z = graph.input('z', 'float32', [size, levels.length]);
    graph.output('codes', quantize(z, levels));
    graph.output('indices', indicesOf(z, levels));
    graph.output('looked-up', codesOf(indicesOf(z, levels), levels));
    const codes = Array.from({ length: size }, (_, index) => codeOfIndex(index, levels));
    const latents = codes.map((code) => code.map((value, channel) => latentOf(value, levels[channel]!)));
    const results = await run(graph, Float32Array.from(latents.flat()));
    expect([...(results['indices'] as Int32Array)]).toEqual(codes.map((_, index) => index));
    expect(maxDifference(results['codes'] as Float32Array, codes.flat())).toBeLessThan(1e-6);
    expect(maxDifference(results['looked-up'] as Float32Array, codes.flat())).toBeLessThan(1e-6);
  });

  test('however large a latent is, it stays within the levels', async () => {
    const graph = new Graph();
    graph.output('indices', indicesOf(graph.input('z', 'float32', [2, 4]), levels));
    const { indices } = await run(graph, Float32Array.of(-1e6, -1e6, -1e6, -1e6, 1e6, 1e6, 1e6, 1e6));
    expect([...(indices as Int32Array)]).toEqual([0, indexOfLevels([7, 4, 4, 4], levels)]);
  });

  test('gradients pass the rounding as if it were not there', async () => {
    const graph = new Graph();
    const z = graph.input('z', 'float32', [3, 4]);
    const [gradient] = gradients(graph, op.reduceSum(quantize(z, levels)), [z]);
    graph.output('gradient', gradient!);
    const random = Random.seeded(1);
    const values = Float32Array.from({ length: 12 }, () => random.normal());
    const { gradient: found } = await run(graph, values);
    const expected = Array.from(values, (value, i) => {
      const count = levels[i % 4]!;
      const halfRange = ((count - 1) * 1.001) / 2;
      const shift = Math.atanh((count % 2 === 0 ? 0.5 : 0) / halfRange);
      return (halfRange * (1 - Math.tanh(value + shift) ** 2)) / Math.floor(count / 2);
    });
    expect(maxDifference(found as Float32Array, expected)).toBeLessThan(1e-5);
  });

  function latentOf(code: number, count: number): number {
    const halfRange = ((count - 1) * 1.001) / 2;
    const offset = count % 2 === 0 ? 0.5 : 0;
    return Math.atanh((code * Math.floor(count / 2) + offset) / halfRange) - Math.atanh(offset / halfRange);
  }
});

describe('video tokenizer', () => {
  const config = tokenizerConfig.parse({ width: 32, heads: 2, depth: 2 });
  const shape = tokenizerShape(config, { frames: 9, size: 16 });
  const random = Random.seeded(2);
  // Blocks start as the identity; only with weights everywhere can attention leak.
  const weights = new Map(
    tokenizerParameters(shape).specs.map(({ name, shape: sizes }) => {
      const length = sizes.reduce((product, part) => product * part, 1);
      return [name, Float32Array.from({ length }, () => 0.3 * random.normal())] as const;
    }),
  );
  const frameBytes = 16 * 16 * 3;
  const pixels = (frames: number) =>
    Uint8Array.from({ length: frames * frameBytes }, () => random.integer(256));
  const tokenizer = new VideoTokenizer(weights, shape, compute);
  let window: Uint8Array;
  let tokens: Int32Array;

  beforeAll(async () => {
    window = pixels(9);
    tokens = await tokenizer.encode(window);
  });
  afterAll(() => tokenizer.dispose());

  test('a window becomes T×H×W tokens of the codebook, which become a window of the same size', async () => {
    expect(tokens).toHaveLength(3 * 2 * 2);
    for (const token of tokens) expect(token).toBeLessThan(1000);
    expect(new Set(tokens).size).toBeGreaterThan(4);
    expect(await tokenizer.decode(tokens)).toHaveLength(window.length);
  });

  test('tokens of a latent frame depend on its own frames and those before, not on later ones', async () => {
    const changed = window.slice();
    changed.set(pixels(4), 5 * frameBytes);
    const after = await tokenizer.encode(changed);
    expect(after.subarray(0, 8)).toEqual(tokens.subarray(0, 8));
    expect(after.subarray(8)).not.toEqual(tokens.subarray(8));
  });

  test('decoded frames stay as they are when later tokens are decided', async () => {
    const whole = await tokenizer.decode(tokens);
    for (const latentFrames of [1, 2]) {
      const frames = 1 + (latentFrames - 1) * 4;
      const prefix = await tokenizer.decode(tokens.subarray(0, latentFrames * 4));
      expect(prefix).toEqual(whole.subarray(0, frames * frameBytes));
    }
    const other = tokens.map((token, i) => (i < 8 ? token : (token + 500) % 1000));
    const changed = await tokenizer.decode(other);
    expect(changed.subarray(0, 5 * frameBytes)).toEqual(whole.subarray(0, 5 * frameBytes));
    expect(changed.subarray(5 * frameBytes)).not.toEqual(whole.subarray(5 * frameBytes));
  });

  test('later frames do depend on earlier ones', async () => {
    const whole = await tokenizer.decode(tokens);
    const changed = await tokenizer.decode(
      tokens.map((token, i) => (i === 0 ? (token + 500) % 1000 : token)),
    );
    expect(changed.subarray(5 * frameBytes)).not.toEqual(whole.subarray(5 * frameBytes));
  });

  test('a still image is a clip of one frame, and has the tokens of the first latent frame', async () => {
    const still = await tokenizer.encodeStill(window.subarray(0, frameBytes));
    expect([...still]).toEqual([...tokens.subarray(0, 4)]);
    await expect(tokenizer.encodeStill(window)).rejects.toThrow('no picture of 16×16');

    const stillShape = tokenizerShape(config, { frames: 1, size: 16 });
    const alone = new VideoTokenizer(weights, stillShape, compute);
    const image = await alone.decode(await alone.encode(window.subarray(0, frameBytes)));
    await alone.dispose();
    expect(
      maxDifference(image, (await tokenizer.decode(tokens)).subarray(0, frameBytes)),
    ).toBeLessThanOrEqual(1);
  });

  test('refuses tokens that are not whole latent frames', async () => {
    await expect(tokenizer.decode(tokens.subarray(0, 5))).rejects.toThrow('latent frames');
    await expect(tokenizer.decode([])).rejects.toThrow('latent frames');
  });
});

function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}
