/** The operators of tests/golden/gradient_rules.py, by the same names, as ours. */
import { readFileSync } from 'node:fs';
import { causalConv, groupNorm } from '#main/ml/nn/convolution.ts';
import { rotaryTables } from '#main/ml/nn/rotary.ts';
import type { Graph, Value } from '#main/ml/onnx/graph.ts';
import * as op from '#main/ml/onnx/ops.ts';

export interface Flat {
  shape: number[];
  values: number[];
}

/** Inputs, the result, and the gradients of the sum of the result times fixed factors. */
export interface GoldenCase {
  inputs: Flat[];
  factors: Flat;
  result: Flat;
  gradients: Flat[];
}

export function readGolden(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../golden/${name}`, import.meta.url), 'utf8'));
}

/** What PyTorch computed, by "Operator" or "Operator: variant". */
export const { cases: ruleGoldens } = readGolden('gradient-rules.json') as {
  cases: Record<string, GoldenCase>;
};

type Build = (graph: Graph, xs: Value[]) => Value;

const one =
  (apply: (x: Value) => Value): Build =>
  (_, [x]) =>
    apply(x!);
const two =
  (apply: (a: Value, b: Value) => Value): Build =>
  (_, [a, b]) =>
    apply(a!, b!);
const conv =
  (options: op.ConvOptions): Build =>
  (_, [x, weight, bias]) =>
    op.conv(x!, weight!, options, bias);
const convTranspose =
  (options: op.ConvTransposeOptions): Build =>
  (_, [x, weight, bias]) =>
    op.convTranspose(x!, weight!, options, bias);

const indices = (graph: Graph, rows: number[][]) =>
  graph.tensor('int64', [rows.length, rows[0]!.length], rows.flat());

export const goldenRules: Record<string, Build> = {
  Add: two(op.add),
  Sub: two(op.sub),
  Mul: two(op.mul),
  Div: two(op.div),
  Pow: two(op.pow),
  Max: two(op.maximum),
  Min: two(op.minimum),
  Neg: one(op.neg),
  Abs: one(op.abs),
  Sqrt: one(op.sqrt),
  Reciprocal: one(op.reciprocal),
  Exp: one(op.exp),
  Log: one(op.log),
  Sin: one(op.sin),
  Cos: one(op.cos),
  Erf: one(op.erf),
  Clip: one((x) => op.clip(x, -0.5, 1)),
  Where: two((a, b) => op.where(op.less(a, b), op.mul(a, 3), b)),
  Identity: one((x) => op.mul(x, op.stopGradient(x))),
  Floor: one((x) => op.add(x, op.floor(x))),
  Sign: one((x) => op.add(x, op.sign(x))),
  Relu: one(op.relu),
  Tanh: one(op.tanh),
  Sigmoid: one(op.sigmoid),
  Softplus: one(op.softplus),
  LeakyRelu: one((x) => op.leakyRelu(x, 0.2)),
  Elu: one((x) => op.elu(x, 0.7)),
  Gelu: one(op.gelu),
  FastGelu: one(op.geluTanh),
  QuickGelu: one(op.silu),
  'QuickGelu: gate': two((x, u) => op.mul(op.silu(x), u)),

  MatMul: two(op.matmul),
  'FusedMatMul: transA': two((a, b) => op.matmul(a, b, { transA: true, alpha: 0.5 })),
  'FusedMatMul: transB': two((a, b) => op.matmul(a, b, { transB: true, alpha: 0.5 })),
  'FusedMatMul: both': two((a, b) => op.matmul(a, b, { transA: true, transB: true, alpha: 0.5 })),
  RotaryEmbedding: (graph, [x]) => {
    const { cos, sin } = rotaryTables([[0], [1], [2]], [2], 100);
    return op.rotary(x!, graph.constant('float32', [3, 2], cos), graph.constant('float32', [3, 2], sin));
  },

  'Conv: 1D, causal, dilated': conv({ pads: [[4, 0]], dilations: [2] }),
  'Conv: 2D': conv({ pads: both(1, 1) }),
  'Conv: 2D, strides': conv({ strides: [2, 2], pads: both(1, 1) }),
  'Conv: 2D, groups': conv({ groups: 2 }),
  'Conv: 3D, causal': (_, [x, weight, bias]) => causalConv(x!, weight!, bias),
  'Conv: causal layer, first frame repeated': two((x, weight) =>
    causalConv(x, weight, undefined, { past: 'repeat' }),
  ),
  'Conv: 3D, strides': conv({ strides: [2, 2, 1], pads: both(1, 1, 1), dilations: [1, 1, 2] }),
  'ConvTranspose: 1D': convTranspose({ strides: [2] }),
  'ConvTranspose: 2D': convTranspose({ strides: [2, 2], pads: both(1, 1) }),
  'ConvTranspose: 2D, groups': convTranspose({
    strides: [2, 2],
    pads: both(1, 1),
    outputPadding: [1, 1],
    groups: 2,
  }),
  'Conv: 2D, transposed, unit strides': convTranspose({ pads: both(1, 1), dilations: [1, 2] }),
  'Conv: 3D, transposed': convTranspose({
    strides: [1, 2, 2],
    pads: both(1, 1, 0),
    outputPadding: [0, 1, 0],
  }),

  ReduceSum: one((x) => op.reduceSum(x, { axes: [0, 2], keepDims: true })),
  'ReduceMean: group norm': (_, [x, gain, bias]) => groupNorm(x!, 2, gain!, bias!),
  ReduceMean: one((x) => op.reduceMean(x, { axes: [1] })),
  ReduceMax: one((x) => op.reduceMax(x, { axes: [0, 2] })),
  ReduceMin: one((x) => op.reduceMin(x, { axes: [1], keepDims: true })),
  ReduceSumSquare: one((x) => op.reduceSumSquare(x)),
  ReduceL1: one((x) => op.reduceL1(x, { axes: [0, 1] })),
  ReduceL2: one((x) => op.reduceL2(x, { axes: [-1] })),
  ReduceLogSumExp: one((x) => op.reduceLogSumExp(x, { axes: [1, 2] })),
  Softmax: one((x) => op.softmax(x)),
  'Softmax: middle axis': one((x) => op.softmax(x, 1)),
  LogSoftmax: one((x) => op.logSoftmax(x)),
  'LogSoftmax: first axis': one((x) => op.logSoftmax(x, 0)),
  CumSum: one((x) => op.cumSum(x, 0)),
  'CumSum: reverse': one((x) => op.cumSum(x, 1, true)),
  SimplifiedLayerNormalization: two((x, gain) => op.rmsNormalization(x, gain, 1e-6)),
  LayerNormalization: (_, [x, gain, bias]) => op.layerNormalization(x!, gain!, bias!),

  Reshape: one((x) => op.square(op.reshape(x, [6, 2]))),
  Expand: one((x) => op.expand(x, [2, 3, 4])),
  'Expand: tile': one((x) => op.tile(x, [2, 3])),
  Transpose: one((x) => op.transpose(x, [2, 0, 1])),
  'Transpose: channels to space': one((x) => op.channelsToSpace(x, [2, 3])),
  'Transpose: space to channels': one((x) => op.spaceToChannels(x, [2, 3])),
  Slice: one((x) => op.slice(x, 1, 1, 3)),
  'Slice: steps': one((x) =>
    op.slices(x, [
      { axis: 0, start: 1, step: 2 },
      { axis: 1, step: 3 },
    ]),
  ),
  'Slice: backwards': one((x) => op.slice(x, 0, undefined, undefined, -2)),
  'Slice: pad, reflected': one((x) =>
    op.padReflect(x, [
      [0, 0],
      [0, 0],
      [2, 1],
    ]),
  ),
  'Slice: pad, repeated': one((x) =>
    op.padEdge(x, [
      [0, 0],
      [0, 0],
      [2, 1],
    ]),
  ),
  Pad: one((x) =>
    op.pad(x, [
      [0, 1],
      [1, 2],
    ]),
  ),
  Concat: two((a, b) => op.concat([a, b, a], 1)),
  Split: one((x) => op.square(op.split(x, 1, [1, 3, 1])[1]!)),
  Resize: one((x) => op.upsampleNearest(x, [2, 3])),
  'Resize: 3D': one((x) => op.upsampleNearest(x, [1, 2, 2])),
  AveragePool: one((x) => op.averagePool(x, [2, 3])),
  'AveragePool: 3D': one((x) => op.averagePool(x, [1, 2, 2])),

  Gather: (graph, [x]) =>
    op.gather(
      x!,
      indices(graph, [
        [2, 0],
        [2, 1],
      ]),
    ),
  'Gather: last axis': (graph, [x]) => op.gather(x!, graph.tensor('int64', [3], [3, 0, 3]), -1),
  GatherElements: (graph, [x]) => op.gatherElements(x!, indices(graph, [[1], [0], [3]]), 1),
  'GatherElements: several': (graph, [x]) => {
    const picked = [
      [1, 1, 2],
      [0, 3, 3],
    ];
    return op.gatherElements(x!, indices(graph, picked), 1);
  },
  'GatherElements: first axis': (graph, [x]) => op.gatherElements(x!, indices(graph, [[2, 2, 0, 1]]), 0),
  ScatterElements: (graph, [x, updates]) => {
    const places = [
      [2, 0],
      [1, 3],
      [3, 2],
    ];
    return op.scatterElements(x!, indices(graph, places), updates!, 1);
  },
  'ScatterElements: add': (graph, [x, updates]) => {
    const places = [
      [0, 2, 2, 1],
      [0, 2, 0, 1],
    ];
    return op.scatterAdd(x!, indices(graph, places), updates!, 0);
  },
};

/** The same margin before and after each axis. */
function both(...margins: number[]): [number, number][] {
  return margins.map((margin) => [margin, margin]);
}
