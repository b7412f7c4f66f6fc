/** All operators: `import * as op from '#main/ml/onnx/ops.ts'`, then `op.add(op.mul(x, w), b)`. */
export * from './ops/activations.ts';
export * from './ops/convolution.ts';
export * from './ops/elementwise.ts';
export * from './ops/indexing.ts';
export * from './ops/matmul.ts';
export * from './ops/normalization.ts';
export * from './ops/reduce.ts';
export * from './ops/resampling.ts';
export * from './ops/rotary.ts';
export * from './ops/shape.ts';
export * from './ops/slice.ts';
