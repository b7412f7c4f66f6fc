/** Makes the graph of an optimizer update over a whole parameter set. */
import type { OptimizerConfig } from '#shared/domain/training-config.ts';
import type { ParameterSet } from '../nn/parameters.ts';
import { encodeModel, type Model } from '../onnx/encode.ts';
import { Graph, type Lowering, type Value } from '../onnx/graph.ts';
import { adamw, updateScalars, type UpdateScalars } from '../optim/adamw.ts';
import { sumInput } from './gradient-graph.ts';

/** Names of the moments, of the results, and of the norm before clipping. */
export const mInput = (parameter: string): string => `m/${parameter}`;
export const vInput = (parameter: string): string => `v/${parameter}`;
export const nextOutput = (input: string): string => `next/${input}`;
export const gradientNormOutput = 'gradientNorm';

/**
 * Inputs: parameters, `m/…`, `v/…`, `sum/…`, and the scalars of `updateScalars`. Outputs: `next/…` of parameters and
 * moments, and `gradientNorm`.
 */
export function buildUpdateGraph(
  parameters: ParameterSet,
  config: OptimizerConfig,
  lowering: Lowering = 'cpu',
): Model {
  const graph = new Graph(lowering);
  const specs = parameters.specs;
  const moments = specs.map(({ name, shape, decay }) => ({
    weight: graph.input(name, 'float32', shape),
    m: graph.input(mInput(name), 'float32', shape),
    v: graph.input(vInput(name), 'float32', shape),
    gradientSum: graph.input(sumInput(name), 'float32', shape),
    decay,
  }));
  const scalars = Object.fromEntries(
    updateScalars.map((name) => [name, graph.input(name, 'float32', [])]),
  ) as Record<keyof UpdateScalars, Value>;
  const { updated, gradientNorm } = adamw(graph, config, moments, scalars);
  updated.forEach((next, i) => {
    const { name } = specs[i]!;
    graph.output(nextOutput(name), next.weight);
    graph.output(nextOutput(mInput(name)), next.m);
    graph.output(nextOutput(vInput(name)), next.v);
  });
  graph.output(gradientNormOutput, gradientNorm);
  return encodeModel(graph, 'update');
}
