/** Matrix products, with transposition and a factor folded in where the device has a kernel for it. */
import type { Value } from '../graph.ts';
import { mul } from './elementwise.ts';
import { int, requireType } from './operands.ts';
import { transpose } from './shape.ts';

export interface MatmulOptions {
  /** Swap the last two axes of the first operand. */
  transA?: boolean;
  transB?: boolean;
  /** Factor of the product. */
  alpha?: number;
}

/**
 * `alpha · a · b` over the last two axes, broadcasting over the others. On the CPU transposition and factor are part of
 * the kernel (`com.microsoft.FusedMatMul`); WebGPU has no such kernel and gets them as nodes.
 */
export function matmul(a: Value, b: Value, options: MatmulOptions = {}): Value {
  const { transA = false, transB = false, alpha = 1 } = options;
  const graph = a.graph;
  requireType('MatMul', a, 'float32');
  requireType('MatMul', b, 'float32');
  if (a.shape.length < 2 || b.shape.length < 2)
    throw graph.error('MatMul', 'needs at least two axes', [a, b]);
  const [rows, innerA] = lastTwo(a, transA);
  const [innerB, columns] = lastTwo(b, transB);
  if (innerA !== innerB)
    throw graph.error('MatMul', `the inner sizes ${innerA} and ${innerB} differ`, [a, b]);
  const shape = [...broadcastBatch(a, b), rows, columns];

  const plain = !transA && !transB && alpha === 1;
  if (plain) return graph.node('MatMul', [a, b], [{ dtype: 'float32', shape }])[0]!;
  if (graph.lowering === 'webgpu') {
    const product = matmul(transA ? swapLastTwo(a) : a, transB ? swapLastTwo(b) : b);
    return alpha === 1 ? product : mul(product, alpha);
  }
  return graph.node('FusedMatMul', [a, b], [{ dtype: 'float32', shape }], {
    domain: 'com.microsoft',
    attributes: { transA: int(transA), transB: int(transB), alpha: { float: alpha } },
  })[0]!;
}

export function swapLastTwo(x: Value): Value {
  const axes = x.shape.map((_, axis) => axis);
  const last = axes.length - 1;
  return transpose(x, [...axes.slice(0, -2), last, last - 1]);
}

function lastTwo(x: Value, swapped: boolean): [number, number] {
  const [first, second] = x.shape.slice(-2) as [number, number];
  return swapped ? [second, first] : [first, second];
}

function broadcastBatch(a: Value, b: Value): number[] {
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const rank = Math.max(batchA.length, batchB.length);
  return Array.from({ length: rank }, (_, axis) => {
    const sizeA = batchA[axis - rank + batchA.length] ?? 1;
    const sizeB = batchB[axis - rank + batchB.length] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1)
      throw a.graph.error('MatMul', 'the leading axes do not broadcast', [a, b]);
    return sizeA === 1 ? sizeB : sizeA;
  });
}
