/** Normalisation over the last axis as single kernels, which all devices have. */
import { sameShape } from '../dtype.ts';
import type { TensorType } from '../dtype.ts';
import type { Value } from '../graph.ts';
import { int, requireType } from './operands.ts';

/**
 * x / √(mean(x²) + ε) · gain over the last axis (Zhang and Sennrich 2019); `gain` [D]. On the CPU the node has a second
 * output [… , 1], the factor 1/√(…) of each row, for the gradient; the kernel of WebGPU puts something else there.
 */
export function rmsNormalization(x: Value, gain: Value, epsilon = 1e-6): Value {
  requireWidth('SimplifiedLayerNormalization', x, gain);
  const outputs = x.graph.lowering === 'cpu' ? [x, statistic(x)] : [x];
  return x.graph.node('SimplifiedLayerNormalization', [x, gain], outputs, attributes(epsilon))[0]!;
}

/**
 * (x − mean) / √(variance + ε) · gain + bias over the last axis (Ba et al. 2016); `gain` and `bias` [D]. The node has two
 * more outputs [… , 1] for the gradient: mean, and 1/√(variance + ε).
 */
export function layerNormalization(x: Value, gain: Value, bias: Value, epsilon = 1e-5): Value {
  requireWidth('LayerNormalization', x, gain);
  requireWidth('LayerNormalization', x, bias);
  const outputs = [x, statistic(x), statistic(x)];
  return x.graph.node('LayerNormalization', [x, gain, bias], outputs, attributes(epsilon))[0]!;
}

function requireWidth(operator: string, x: Value, vector: Value): void {
  for (const operand of [x, vector]) requireType(operator, operand, 'float32');
  if (x.shape.length === 0 || !sameShape(vector.shape, x.shape.slice(-1)))
    throw x.graph.error(operator, 'needs a gain and a bias of the size of the last axis', [x, vector]);
}

/** One number for each row. */
function statistic({ dtype, shape }: Value): TensorType {
  return { dtype, shape: [...shape.slice(0, -1), 1] };
}

function attributes(epsilon: number) {
  return { attributes: { axis: int(-1), epsilon: { float: epsilon }, stash_type: int(1) } };
}
