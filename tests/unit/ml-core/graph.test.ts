/** The graph builder: names, shapes, errors that say where, and bytes that depend on nothing but the graph. */
import { describe, expect, it } from 'vitest';
import { encodeModel } from '#main/ml/onnx/encode.ts';
import { Graph } from '#main/ml/onnx/graph.ts';
import * as op from '#main/ml/onnx/ops.ts';

describe('graph', () => {
  it('names nodes by scope and counts repetitions', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2]);
    const [a, b] = graph.scope('block.0', () => graph.scope('norm', () => [op.exp(x), op.exp(x)] as const));
    expect(a.producer?.name).toBe('block.0/norm/Exp');
    expect(b.producer?.name).toBe('block.0/norm/Exp_1');
    expect(op.exp(x).producer?.name).toBe('Exp');
  });

  it('infers shapes', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2, 3, 4]);
    expect(op.add(x, graph.input('row', 'float32', [3, 1])).shape).toEqual([2, 3, 4]);
    expect(op.matmul(x, graph.input('w', 'float32', [5, 4]), { transB: true }).shape).toEqual([2, 3, 5]);
    expect(op.reduceSum(x, { axes: [-1] }).shape).toEqual([2, 3]);
    expect(op.reduceSum(x, { axes: [0, 2], keepDims: true }).shape).toEqual([1, 3, 1]);
    expect(op.transpose(x, [2, 0, 1]).shape).toEqual([4, 2, 3]);
    expect(op.reshape(x, [6, -1]).shape).toEqual([6, 4]);
    expect(op.slice(x, -1, 1, -1).shape).toEqual([2, 3, 2]);
    expect(op.concat([x, x], 1).shape).toEqual([2, 6, 4]);
    expect(op.split(x, 2, [1, 3]).map(({ shape }) => shape)).toEqual([
      [2, 3, 1],
      [2, 3, 3],
    ]);
    expect(op.gather(x, graph.tensor('int64', [5, 2], new Array<number>(10).fill(0))).shape).toEqual([
      5, 2, 3, 4,
    ]);
    expect(op.argMax(x).shape).toEqual([2, 3]);
    expect(op.less(x, 1).dtype).toBe('bool');
  });

  it('says operator, scope and shapes when something does not fit', () => {
    const graph = new Graph();
    const a = graph.input('a', 'float32', [4, 256]);
    const b = graph.input('b', 'float32', [255, 8]);
    expect(() => graph.scope('block.1', () => graph.scope('attention', () => op.matmul(a, b)))).toThrow(
      'MatMul in block.1/attention: the inner sizes 256 and 255 differ (float32[4, 256], float32[255, 8])',
    );
    expect(() => op.add(a, b)).toThrow('Add in the top scope: the shapes do not broadcast');
    expect(() => op.reshape(a, [3, -1])).toThrow('Reshape');
    expect(() => op.exp(op.cast(a, 'int64'))).toThrow('Exp in the top scope: needs float32 (int64[4, 256])');
    expect(() => op.add(a, op.cast(a, 'int32'))).toThrow('differ in type');
    expect(() => op.add(a, new Graph().input('x', 'float32', [4, 256]))).toThrow('another graph');
    expect(() => graph.input('a', 'float32', [1])).toThrow('“a” is taken');
  });

  it('leaves its scope when building fails', () => {
    const graph = new Graph();
    expect(() =>
      graph.scope('inner', () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(graph.scopeName).toBe('');
  });

  it('stores equal constants once', () => {
    const graph = new Graph();
    expect(graph.tensor('int64', [2], [1, 2])).toBe(graph.tensor('int64', [2], [1, 2]));
    expect(graph.tensor('int64', [2], [1, 2])).not.toBe(graph.tensor('int64', [1, 2], [1, 2]));
    expect(graph.scalar(1)).not.toBe(graph.scalar(2));
    expect(graph.scalar(0)).not.toBe(graph.scalar(0, 'int32'));
  });

  it('lowers for WebGPU without FusedMatMul and LogSoftmax', () => {
    const graph = new Graph('webgpu');
    const x = graph.input('x', 'float32', [2, 2]);
    op.logSoftmax(op.matmul(x, x, { transA: true, transB: true, alpha: 0.5 }));
    const operators = graph.nodes.map(({ operator }) => operator);
    expect(operators).not.toContain('FusedMatMul');
    expect(operators).not.toContain('LogSoftmax');
  });
});

describe('encoding', () => {
  const build = () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2]);
    graph.input('idle', 'float32', [2]);
    op.exp(x);
    graph.output('y', op.mul(op.tanh(x), 2));
    return graph;
  };

  it('gives the same bytes for the same graph', () => {
    expect(encodeModel(build()).bytes).toEqual(encodeModel(build()).bytes);
  });

  it('leaves out nodes and inputs that no output needs', () => {
    const { inputs, outputs, bytes } = encodeModel(build());
    expect([...inputs]).toEqual([['x', { dtype: 'float32', shape: [2] }]]);
    expect([...outputs]).toEqual([['y', { dtype: 'float32', shape: [2] }]]);
    const text = new TextDecoder('latin1').decode(bytes);
    expect(text).toContain('Tanh');
    expect(text).not.toContain('Exp');
  });
});
