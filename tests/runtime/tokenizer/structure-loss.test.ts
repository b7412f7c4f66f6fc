/** The structural part of the tokenizer's loss: what it is by hand, and that its gradient is the slope of it. */
import { expect, it } from 'vitest';
import { gradients } from '#main/ml/autodiff/gradients.ts';
import { encodeModel } from '#main/ml/onnx/encode.ts';
import { Graph } from '#main/ml/onnx/graph.ts';
import { structureLoss } from '#main/ml/tokenizer/loss.ts';
import { tokenizerShape } from '#main/ml/tokenizer/shape.ts';
import { Session } from '#main/workers/runtime/session.ts';
import { Random } from '#shared/domain/random.ts';
import { tokenizerConfig } from '#shared/domain/training-config.ts';

const shape = tokenizerShape(tokenizerConfig.parse({ width: 32, heads: 2, depth: 1 }), {
  frames: 5,
  size: 8,
});
const sizes = { first: [1, 1, shape.firstPatch], later: [1, 1, shape.laterPatch] };

async function open() {
  const graph = new Graph();
  const input = (name: string, size: number[]) => graph.input(name, 'float32', size);
  const original = { first: input('a-first', sizes.first), later: input('a-later', sizes.later) };
  const copy = { first: input('b-first', sizes.first), later: input('b-later', sizes.later) };
  const loss = structureLoss(original, copy, shape);
  graph.output('loss', loss);
  graph.output('slope', gradients(graph, loss, [copy.later])[0]!);
  return Session.create(encodeModel(graph), { device: 'cpu', threads: 1 });
}

const random = Random.seeded(2);
const picture = (count: number) =>
  Float32Array.from({ length: count }, () => 0.6 * (2 * random.uniform() - 1));
const clip = () => ({ first: picture(shape.firstPatch), later: picture(shape.laterPatch) });
const feeds = (a: ReturnType<typeof clip>, b: ReturnType<typeof clip>) => ({
  'a-first': a.first,
  'a-later': a.later,
  'b-first': b.first,
  'b-later': b.later,
});

/** Means over windows of 4×4 pixels of one colour, as the formula of SSIM says. */
function expected(a: Float32Array, b: Float32Array): number[] {
  const values: number[] = [];
  for (let frame = 0; frame < a.length / 192; frame++) {
    for (let window = 0; window < 4; window++) {
      for (let colour = 0; colour < 3; colour++) {
        const at = (i: number) => {
          const y = 4 * Math.floor(window / 2) + Math.floor(i / 4);
          const x = 4 * (window % 2) + (i % 4);
          return frame * 192 + (y * 8 + x) * 3 + colour;
        };
        const xs = Array.from({ length: 16 }, (_, i) => a[at(i)]!);
        const ys = Array.from({ length: 16 }, (_, i) => b[at(i)]!);
        const mean = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / 16;
        const [mx, my] = [mean(xs), mean(ys)];
        const vx = mean(xs.map((x) => (x - mx) ** 2));
        const vy = mean(ys.map((y) => (y - my) ** 2));
        const cov = mean(xs.map((x, i) => (x - mx) * (ys[i]! - my)));
        const [c1, c2] = [0.02 ** 2, 0.06 ** 2];
        values.push(((2 * mx * my + c1) * (2 * cov + c2)) / ((mx * mx + my * my + c1) * (vx + vy + c2)));
      }
    }
  }
  return values;
}

it('is one minus the similarity of windows, 0 for a perfect copy', async () => {
  const session = await open();
  const [a, b] = [clip(), clip()];
  const { loss } = await session.run(feeds(a, b));
  const all = [...expected(a.first, b.first), ...expected(a.later, b.later)];
  expect(Number(loss![0])).toBeCloseTo(1 - all.reduce((sum, value) => sum + value, 0) / all.length, 5);
  const same = await session.run(feeds(a, a));
  expect(Number(same['loss']![0])).toBeCloseTo(0, 5);
  await session.dispose();
});

it('has a gradient that foretells how it changes', async () => {
  const session = await open();
  const [a, b] = [clip(), clip()];
  const { slope } = await session.run(feeds(a, b));
  const direction = picture(shape.laterPatch);
  const step = 1e-2;
  const moved = (sign: number) => ({
    ...b,
    later: b.later.map((value, i) => value + sign * step * direction[i]!),
  });
  const [up, down] = [await session.run(feeds(a, moved(1))), await session.run(feeds(a, moved(-1)))];
  const measured = (Number(up['loss']![0]) - Number(down['loss']![0])) / (2 * step);
  const foretold = direction.reduce((sum, value, i) => sum + value * Number(slope![i]), 0);
  expect(measured / foretold).toBeCloseTo(1, 2);
  await session.dispose();
});
