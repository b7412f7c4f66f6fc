/** Runs a graph once in ONNX Runtime on the CPU, and checks gradients against central differences. */
import { expect } from 'vitest';
import { gradients } from '#main/ml/autodiff/gradients.ts';
import type { Shape, TensorData } from '#main/ml/onnx/dtype.ts';
import { sizeOf } from '#main/ml/onnx/dtype.ts';
import { encodeModel } from '#main/ml/onnx/encode.ts';
import { Graph, type Lowering, type Value } from '#main/ml/onnx/graph.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { Random } from '#shared/domain/random.ts';
import { Session } from '#main/workers/runtime/session.ts';

export async function runGraph(
  graph: Graph,
  feeds: Record<string, TensorData> = {},
): Promise<Record<string, TensorData>> {
  const session = await Session.create(encodeModel(graph), { device: 'cpu', threads: 1 });
  try {
    return await session.run(feeds);
  } finally {
    await session.dispose();
  }
}

export interface Operand {
  shape: Shape;
  values: Float32Array;
}

/** A loss over `build(x…)` in which every element counts differently, with its gradients: outputs `loss`, `d0`, `d1` … */
export function lossGraph(
  lowering: Lowering,
  shapes: readonly Shape[],
  build: (graph: Graph, xs: Value[]) => Value,
): { graph: Graph; factors: Float32Array } {
  const graph = new Graph(lowering);
  const xs = shapes.map((shape, i) => graph.input(`x${i}`, 'float32', shape));
  const y = build(graph, xs);
  const random = Random.seeded(5);
  const factors = Float32Array.from({ length: sizeOf(y.shape) }, () => 0.5 + random.uniform());
  const loss = op.reduceSum(op.mul(y, graph.constant('float32', y.shape, factors)));
  graph.output('loss', loss);
  gradients(graph, loss, xs).forEach((gradient, i) => graph.output(`d${i}`, gradient));
  return { graph, factors };
}

/** Every partial derivative must agree with (f(x+h) − f(x−h)) / 2h. */
export async function expectGradients(
  lowering: Lowering,
  operands: readonly Operand[],
  build: (graph: Graph, xs: Value[]) => Value,
): Promise<void> {
  const { graph } = lossGraph(
    lowering,
    operands.map(({ shape }) => shape),
    build,
  );
  const session = await Session.create(encodeModel(graph), { device: 'cpu', threads: 1 });
  const feeds = Object.fromEntries(operands.map(({ values }, i) => [`x${i}`, values.slice()]));
  const results = await session.run(feeds);
  const analytic = operands.map((_, i) => (results[`d${i}`] as Float32Array).slice());
  const lossAt = async () => Number((await session.run(feeds))['loss']![0]);
  const h = 2 ** -7;
  for (const [i, { values }] of operands.entries()) {
    for (const [j, x] of values.entries()) {
      const fed = feeds[`x${i}`]!;
      fed[j] = x + h;
      const above = await lossAt();
      fed[j] = x - h;
      const below = await lossAt();
      fed[j] = x;
      const numeric = (above - below) / (2 * h);
      const error = Math.abs(analytic[i]![j]! - numeric) / (1 + Math.abs(numeric));
      expect(
        error,
        `d loss / d x${i}[${j}]: ${analytic[i]![j]} by the rule, ${numeric} by differences`,
      ).toBeLessThan(4e-3);
    }
  }
  await session.dispose();
}
