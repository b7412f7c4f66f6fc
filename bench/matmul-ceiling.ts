/**
 * The rate of bare matrix products in ONNX Runtime on this machine: what a training step is held against. Run in the same
 * process and with the same threads as the step, best between its steps, for other programs share the machine.
 */
import { encodeModel } from '#main/ml/onnx/encode.ts';
import { Graph } from '#main/ml/onnx/graph.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { Session } from '#main/workers/runtime/session.ts';

/** [rows, inner]·[inner, columns] */
export type ProductShape = readonly [rows: number, inner: number, columns: number];

/** Products of a GPT of width 256 on four clips of 320 tokens. */
export const gptProducts: readonly ProductShape[] = [
  [1280, 256, 768],
  [1280, 256, 1408],
  [1280, 704, 256],
  [1280, 256, 1000],
];

export interface Ceiling {
  /** Runs all products once and returns the rate in GFLOP/s. */
  measure(): Promise<number>;
  dispose(): Promise<void>;
}

/** Products of these shapes, ready to be measured any number of times. */
export async function matmulCeiling(threads: number, shapes = gptProducts): Promise<Ceiling> {
  const graph = new Graph();
  const feeds: Record<string, Float32Array> = {};
  const values = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(i));
  shapes.forEach(([rows, inner, columns], i) => {
    const a = graph.input(`a${i}`, 'float32', [rows, inner]);
    const b = graph.input(`b${i}`, 'float32', [inner, columns]);
    feeds[a.name] = values(rows * inner);
    feeds[b.name] = values(inner * columns);
    graph.output(`product${i}`, op.matmul(a, b));
  });
  const session = await Session.create(encodeModel(graph, 'ceiling'), { device: 'cpu', threads });
  const operations = shapes.reduce((sum, [rows, inner, columns]) => sum + 2 * rows * inner * columns, 0);
  return {
    async measure() {
      const start = performance.now();
      await session.run(feeds);
      return operations / (performance.now() - start) / 1e6;
    },
    dispose: () => session.dispose(),
  };
}

/** The best rate of several measurements, in GFLOP/s. */
export async function measureMatmulCeiling(threads: number, repeats = 20): Promise<number> {
  const ceiling = await matmulCeiling(threads);
  let best = 0;
  for (let i = 0; i < repeats; i++) best = Math.max(best, await ceiling.measure());
  await ceiling.dispose();
  return best;
}

if (import.meta.main) {
  const threads = Number(process.argv[2] ?? 2);
  const rate = await measureMatmulCeiling(threads);
  console.log(`bare matrix products on ${threads} threads: ${rate.toFixed(0)} GFLOP/s`);
}
