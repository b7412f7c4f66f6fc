/**
 * Convolutions of a video tokenizer on a batch of four clips: forward, and gradients of input and weight by each way to build
 * them, in GFLOP/s; beside them the ways that the rules choose, and PyTorch's step if an interpreter with torch is given:
 * node bench/convolution.ts [threads] [--python path]
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { gradients } from '#main/ml/autodiff/gradients.ts';
import { sizeOf, type Shape } from '#main/ml/onnx/dtype.ts';
import { encodeModel } from '#main/ml/onnx/encode.ts';
import { Graph, type Value } from '#main/ml/onnx/graph.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { Session } from '#main/workers/runtime/session.ts';

interface Layer {
  name: string;
  /** [N, C, S…] */
  x: number[];
  /** [O, C, k…] */
  weight: number[];
  strides: number[];
  /** Before and after, along each axis. */
  pads: [number, number][];
}

const ROUNDS = 8;
const BATCH = 4;
const threads = Number(process.argv.find((argument) => /^\d+$/.test(argument)) ?? 2);
const pythonAt = process.argv.indexOf('--python');
const python = pythonAt < 0 ? undefined : process.argv[pythonAt + 1];

const plane = (channels: number, side: number, stride = 1, inputs = channels): Layer => ({
  name: `2D ${inputs}→${channels}, ${side}×${side}${stride > 1 ? `, stride ${stride}` : ''}`,
  x: [BATCH, inputs, side, side],
  weight: [channels, inputs, 3, 3],
  strides: [stride, stride],
  pads: [
    [1, 1],
    [1, 1],
  ],
});
const volume = (channels: number, side: number, stride = 1): Layer => ({
  name: `3D ${channels}→${channels}, 5×${side}×${side}${stride > 1 ? `, stride ${stride}` : ''}`,
  x: [BATCH, channels, 5, side, side],
  weight: [channels, channels, 3, 3, 3],
  strides: [stride, stride, stride],
  // Causal in time.
  pads: [
    [2, 0],
    [1, 1],
    [1, 1],
  ],
});
const layers: Layer[] = [
  plane(32, 64, 1, 3),
  plane(32, 64),
  plane(64, 32),
  plane(128, 16),
  plane(64, 32, 2),
  volume(32, 64),
  volume(64, 32),
  volume(128, 16),
  volume(64, 32, 2),
];

type Build = (graph: Graph, x: Value, weight: Value, dy: Value) => Value[];

/** What is measured: how many passes of the layer's operations, and the graph. */
function waysOf({ x, weight, strides, pads }: Layer): Record<string, [passes: number, build: Build]> {
  const forward: Build = (_, x, weight) => [op.conv(x, weight, { strides, pads })];
  const gradientOf =
    (...which: number[]): Build =>
    (graph, x, weight, dy) => {
      const y = op.conv(x, weight, { strides, pads });
      const loss = op.reduceSum(op.mul(y, dy));
      return gradients(
        graph,
        loss,
        which.map((i) => [x, weight][i]!),
      );
    };
  return {
    forward: [1, forward],
    'dx by the rule': [1, gradientOf(0)],
    'dx, ConvTranspose': [1, (_, _x, w, dy) => [transposed(dy, w, x, strides, pads)]],
    'dw by the rule': [1, gradientOf(1)],
    'dw, axes swapped': [1, (_, x, _w, dy) => [swapped(x, dy, weight, strides, pads)]],
    'dw, one im2col': [1, (_, x, _w, dy) => [imageToColumns(x, dy, weight, strides, pads)]],
    step: [3, (graph, x, w, dy) => [...forward(graph, x, w, dy), ...gradientOf(0, 1)(graph, x, w, dy)]],
  };
}

/** ONNX Runtime's own kernel, whatever the dimension. */
function transposed(dy: Value, weight: Value, x: Shape, strides: number[], pads: Layer['pads']): Value {
  const ends = pads.map(([before], i) => {
    const whole = (dy.shape[i + 2]! - 1) * strides[i]! + weight.shape[i + 2]!;
    return whole - before - x[i + 2]!;
  });
  return dy.graph.node('ConvTranspose', [dy, weight], [{ dtype: 'float32', shape: x }], {
    attributes: {
      strides: { ints: strides },
      pads: { ints: [...pads.map(([before]) => before), ...ends.map((end) => Math.max(0, end))] },
      output_padding: { ints: ends.map((end) => Math.max(0, -end)) },
    },
  })[0]!;
}

/** The gradient of the weight as a convolution of x by dy, whose channels are the batch. */
function swapped(x: Value, dy: Value, weight: Shape, strides: number[], pads: Layer['pads']): Value {
  const order = x.shape.map((_, axis) => [1, 0][axis] ?? axis);
  const padded = op.slices(
    op.pad(x, [[0, 0], [0, 0], ...pads]),
    strides.map((stride, i) => {
      const seen = (dy.shape[i + 2]! - 1) * stride + weight[i + 2]!;
      return { axis: i + 2, start: 0, end: seen };
    }),
  );
  const product = op.conv(op.transpose(padded, order), op.transpose(dy, order), { dilations: strides });
  return op.transpose(product, order);
}

/** All taps side by side, then one product. */
function imageToColumns(x: Value, dy: Value, weight: Shape, strides: number[], pads: Layer['pads']): Value {
  const [outputs, inputs, ...kernel] = weight as [number, number, ...number[]];
  const padded = op.pad(x, [[0, 0], [0, 0], ...pads]);
  const taps = kernel.reduce<number[][]>(
    (starts, size) => starts.flatMap((start) => Array.from({ length: size }, (_, i) => [...start, i])),
    [[]],
  );
  const columns = taps.map((tap) => {
    const cuts = tap.map((start, i) => {
      const step = strides[i]!;
      return { axis: i + 2, start, end: start + (dy.shape[i + 2]! - 1) * step + 1, step };
    });
    return op.reshape(op.slices(padded, cuts), [x.shape[0]!, inputs, -1]);
  });
  const dy_NOP = op.reshape(dy, [x.shape[0]!, outputs, -1]);
  const products = op.matmul(dy_NOP, op.concat(columns, 1), { transB: true });
  const sum = op.reshape(op.reduceSum(products, { axes: [0] }), [outputs, taps.length, inputs]);
  return op.reshape(op.transpose(sum, [0, 2, 1]), weight);
}

async function measure(layer: Layer): Promise<void> {
  const flop = flopsOf(layer);
  const runs: { name: string; passes: number; ms: number }[] = [];
  for (const [name, [passes, build]] of Object.entries(waysOf(layer))) {
    const graph = new Graph();
    const x = graph.input('x', 'float32', layer.x);
    const weight = graph.input('weight', 'float32', layer.weight);
    const dy = graph.input('dy', 'float32', resultOf(layer));
    build(graph, x, weight, dy).forEach((value, i) => graph.output(`result${i}`, value));
    const session = await Session.create(encodeModel(graph), { device: 'cpu', threads });
    const feeds = Object.fromEntries([x, weight, dy].map(({ name, shape }) => [name, waves(shape)]));
    // One after the other, not turn by turn: the threads of a session spin for a while after a run of so few milliseconds,
    // and would take the cores from the next.
    let ms = Infinity;
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now();
      await session.run(feeds);
      ms = Math.min(ms, performance.now() - start);
    }
    await session.dispose();
    runs.push({ name, passes, ms });
  }
  const rates = runs.map(({ name, passes, ms }) => `${name} ${((passes * flop) / ms / 1e6).toFixed(0)}`);
  console.log(`${layer.name}: ${(flop / 1e9).toFixed(2)} GFLOP; ${rates.join(', ')}`);
  if (python === undefined) return;
  const ours = runs.find(({ name }) => name === 'step')!.ms;
  const theirs = torchStep(python, layer);
  console.log(
    `  forward and both gradients: ours ${ours.toFixed(1)} ms, PyTorch ${theirs.toFixed(1)} ms, ` +
      `ratio ${(theirs / ours).toFixed(2)}`,
  );
}

/** Milliseconds of PyTorch's forward and backward pass, best of several. */
function torchStep(interpreter: string, layer: Layer): number {
  const script = join(import.meta.dirname, 'convolution.py');
  const job = JSON.stringify({ ...layer, threads, rounds: ROUNDS });
  return Number(execFileSync(interpreter, [script, job], { encoding: 'utf8' }));
}

function resultOf({ x, weight, strides, pads }: Layer): number[] {
  const sizes = strides.map((stride, i) => {
    const [before, after] = pads[i]!;
    return Math.floor((x[i + 2]! + before + after - weight[i + 2]!) / stride) + 1;
  });
  return [x[0]!, weight[0]!, ...sizes];
}

function flopsOf(layer: Layer): number {
  return 2 * sizeOf(resultOf(layer)) * sizeOf(layer.weight.slice(1));
}

function waves(shape: Shape): Float32Array {
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1.7 * i));
}

for (const layer of layers) await measure(layer);
