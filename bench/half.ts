/**
 * Whether half precision makes sampling faster: the matrix products by which the default GPT reads a token, with weights in
 * single and in half precision: node bench/half.ts [device] [threads]
 */
import { Graph, type Value } from '#main/ml/onnx/graph.ts';
import { encodeModel } from '#main/ml/onnx/encode.ts';
import * as op from '#main/ml/onnx/ops.ts';
import type { Shape, TensorData } from '#main/ml/onnx/dtype.ts';
import { loweringFor, Session } from '#main/workers/runtime/session.ts';
import { device as deviceName } from '#shared/contract/system.ts';
import { Random } from '#shared/domain/random.ts';
import { defaultGptShape } from './default-gpt.ts';

const device = deviceName.parse(process.argv[2] ?? 'cpu');
const threads = Number(process.argv[3] ?? 2);
const SECONDS = 20;
const RUNS = 20;
/** Rows of a token: with the prompt, and without. */
const ROWS = 2;

interface Variant {
  name: string;
  /** A weight as an operand, and how x is multiplied with it. */
  product(x: Value, weight: Weight): Value;
}

interface Weight {
  shape: Shape;
  single: Float32Array;
  half: Float16Array;
}

const halfConstant = ({ graph }: Value, { shape, half }: Weight) => graph.constant('float16', shape, half);

const variants: Variant[] = [
  {
    name: 'single',
    product: (x, { shape, single }) => op.matmul(x, x.graph.constant('float32', shape, single)),
  },
  {
    name: 'half, widened in the graph',
    product: (x, weight) => op.matmul(x, op.cast(halfConstant(x, weight), 'float32')),
  },
  {
    name: 'half products',
    product: (x, weight) => {
      const [rows, columns] = [x.shape[0]!, weight.shape[1]!];
      const operands = [op.cast(x, 'float16'), halfConstant(x, weight)];
      const type = { dtype: 'float16', shape: [rows, columns] } as const;
      return op.cast(x.graph.node('MatMul', operands, [type])[0]!, 'float32');
    },
  },
];

const weights = gptWeights();
const megabytes = weights.reduce((sum, { single }) => sum + single.byteLength, 0) / 1e6;
console.log(
  `${device}, ${threads} threads: ${weights.length} products, ${megabytes.toFixed(1)} MB of weights in single precision`,
);
const opened = [];
for (const variant of variants) {
  try {
    opened.push(await open(variant));
  } catch (error) {
    console.log(`${variant.name.padEnd(26)} ${(error as Error).message}`);
  }
}
// Variants take turns; the best run of each counts.
const best = opened.map(() => Infinity);
const end = performance.now() + SECONDS * 1000;
while (performance.now() < end)
  for (const [i, { run }] of opened.entries())
    for (let again = 0; again < RUNS; again++) best[i] = Math.min(best[i]!, await run());
for (const [i, { name, modelMegabytes, openMs }] of opened.entries())
  console.log(
    `${name.padEnd(26)} ${best[i]!.toFixed(2)} ms a token, ${(best[0]! / best[i]!).toFixed(2)}× single` +
      `; model ${modelMegabytes.toFixed(1)} MB, opened in ${openMs.toFixed(0)} ms`,
  );
for (const { session } of opened) await session.dispose();

async function open({ name, product }: Variant) {
  const graph = new Graph(loweringFor(device));
  const feeds: Record<string, TensorData> = {};
  weights.forEach((weight, i) => {
    const x = graph.input(`x${i}`, 'float32', [ROWS, weight.shape[0]!]);
    feeds[`x${i}`] = new Float32Array(ROWS * weight.shape[0]!).fill(0.5);
    graph.output(`y${i}`, product(x, weight));
  });
  const model = encodeModel(graph);
  const start = performance.now();
  const session = await Session.create(model, { device, threads });
  const openMs = performance.now() - start;
  const tensors = session.tensors(feeds);
  const run = async () => {
    const before = performance.now();
    await session.runTensors(tensors);
    return performance.now() - before;
  };
  await run();
  return { name, session, run, openMs, modelMegabytes: model.bytes.length / 1e6 };
}

/** The matrices that every token is multiplied with. */
function gptWeights(): Weight[] {
  const { width, innerWidth, depth, codes } = defaultGptShape('raster');
  const block: Shape[] = [
    [width, 3 * width],
    [width, width],
    [width, 2 * innerWidth],
    [innerWidth, width],
  ];
  const shapes = [...Array.from({ length: depth }, () => block).flat(), [width, codes]];
  const random = Random.seeded(1);
  return shapes.map((shape) => {
    const single = Float32Array.from({ length: shape[0]! * shape[1]! }, () => random.normal() * 0.05);
    return { shape, single, half: new Float16Array(single) };
  });
}
