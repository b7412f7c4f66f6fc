/** Gradient rules of matrix products. Transposition is folded into the products instead of being carried out. */
import type { GraphNode, Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/ops.ts';
import type { Rule } from '../rule.ts';
import { floatAttribute, input, intAttribute, sumTo } from '../rule.ts';

export const matmulRules: Record<string, Rule> = {
  MatMul: productRule,
  FusedMatMul: productRule,
};

/** Of y = α·a′·b′, where a′ is a or its transpose: da′ = α·dy·b′ᵀ and db′ = α·a′ᵀ·dy. */
function productRule(dy: Value, node: GraphNode): [() => Value, () => Value] {
  const [a, b] = [input(node, 0), input(node, 1)];
  const transA = intAttribute(node, 'transA', 0) === 1;
  const transB = intAttribute(node, 'transB', 0) === 1;
  const alpha = floatAttribute(node, 'alpha', 1);
  const gradientOfA = () =>
    transA
      ? op.matmul(b, dy, { transA: transB, transB: true, alpha })
      : op.matmul(dy, b, { transB: !transB, alpha });
  const gradientOfB = () => {
    if (b.shape.length === 2 && !transA) return weightGradient(flatten(a), flatten(dy), transB, alpha);
    return transB
      ? op.matmul(dy, a, { transA: true, transB: transA, alpha })
      : op.matmul(a, dy, { transA: !transA, alpha });
  };
  return [() => sumTo(gradientOfA(), a.shape), () => sumTo(gradientOfB(), b.shape)];
}

/** One product over all rows of the batch instead of one per batch element and a sum. */
function weightGradient(a_NI: Value, dy_NO: Value, transposed: boolean, alpha: number): Value {
  if (transposed) return op.matmul(dy_NO, a_NI, { transA: true, alpha });
  const [inner, outer] = [a_NI.shape[1]!, dy_NO.shape[1]!];
  return a_NI.graph.lowering === 'cpu' && inner <= outer
    ? op.matmul(transposeAhead(a_NI), dy_NO, { alpha })
    : op.matmul(a_NI, dy_NO, { transA: true, alpha });
}

/**
 * [N, I] → [I, N], as a pass of its own. The CPU's product with a transposed first factor transposes it again for every 128
 * columns of the result; done once, and once for all weights that are multiplied with the same input, it is up to a
 * tenth faster where the input is no wider than the result. The detour over three axes keeps ONNX Runtime from
 * folding the transposition back into the product.
 */
function transposeAhead(a_NI: Value): Value {
  const [rows, inner] = a_NI.shape as [number, number];
  return op.reshape(op.transpose(op.reshape(a_NI, [1, rows, inner]), [2, 0, 1]), [inner, rows]);
}

function flatten(x: Value): Value {
  return op.reshape(x, [-1, x.shape.at(-1)!]);
}
