/** The arithmetic of update rules as nodes of an ONNX graph. */
import type { Graph, Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import type { Arithmetic } from './element-program.ts';

export function graphArithmetic(graph: Graph): Arithmetic<Value> {
  return {
    constant: (value) => graph.scalar(value),
    add: op.add,
    sub: op.sub,
    mul: op.mul,
    div: op.div,
    sqrt: op.sqrt,
    // In parts: WebGPU has no kernel for Sign.
    sign: (x) => op.sub(op.cast(op.greater(x, 0), 'float32'), op.cast(op.less(x, 0), 'float32')),
  };
}
