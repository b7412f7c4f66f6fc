/** Activation functions. Those made of several steps are single kernels, one pass over memory, on all devices. */
import type { Attribute, GraphNode, Value } from '../graph.ts';
import { requireType } from './operands.ts';

export const relu = activation('Relu');
export const tanh = activation('Tanh');
export const sigmoid = activation('Sigmoid');
/** log(1 + exp(x)). */
export const softplus = activation('Softplus');
/** The exact Gaussian error linear unit, x·Φ(x) (Hendrycks and Gimpel 2016). */
export const gelu = activation('Gelu', 'com.microsoft');
/** Its approximation by tanh, as GPT-2 has it. */
export const geluTanh = activation('FastGelu', 'com.microsoft');

/** x·σ(x), also called swish (Elfwing et al. 2018). */
export function silu(x: Value): Value {
  return activate(x, 'QuickGelu', 'com.microsoft', { alpha: { float: 1 } });
}

/** x where it is positive, else slope·x. */
export function leakyRelu(x: Value, slope = 0.01): Value {
  return activate(x, 'LeakyRelu', '', { alpha: { float: slope } });
}

/** x where it is positive, else alpha·(exp(x) − 1) (Clevert et al. 2016). */
export function elu(x: Value, alpha = 1): Value {
  return activate(x, 'Elu', '', { alpha: { float: alpha } });
}

function activation(operator: string, domain: GraphNode['domain'] = ''): (x: Value) => Value {
  return (x) => activate(x, operator, domain, {});
}

function activate(
  x: Value,
  operator: string,
  domain: GraphNode['domain'],
  attributes: Record<string, Attribute>,
): Value {
  requireType(operator, x, 'float32');
  return x.graph.node(operator, [x], [x], { domain, attributes })[0]!;
}
