/** Makes the training graph of a task: loss, metrics and gradients; and its twin without gradients. */
import { gradients, type GradientOptions } from '../autodiff/gradients.ts';
import type { BoundParameters, ParameterSet } from '../nn/parameters.ts';
import type { TensorType } from '../onnx/dtype.ts';
import { encodeModel, type Model } from '../onnx/encode.ts';
import { matmulFlops } from '../onnx/flops.ts';
import { Graph, type Lowering, type Value } from '../onnx/graph.ts';

export type BatchTypes = Readonly<Record<string, TensorType>>;

export interface LossResult {
  /** float32 scalar that training lowers. */
  loss: Value;
  /** Further float32 scalars worth watching. */
  metrics?: Readonly<Record<string, Value>>;
}

export interface Task<Batch extends BatchTypes = BatchTypes> {
  parameters: ParameterSet;
  /** What a micro-batch consists of. */
  inputs: Batch;
  lowering?: Lowering;
  loss(graph: Graph, parameters: BoundParameters, inputs: Record<keyof Batch, Value>): LossResult;
}

/** An encoded graph with what a trainer must know of it. */
export interface TrainingGraph {
  model: Model;
  /** Names of the parameters that it reads, and of those that it gives gradients of. */
  parameters: string[];
  gradients: string[];
  /** Names of the batch inputs. */
  inputs: string[];
  /** `loss` and the names of the metrics. */
  scalars: string[];
  /** Floating-point operations of the matrix products in a run. */
  flops: number;
}

/** Name under which the gradient of a parameter leaves. */
export const gradientOutput = (parameter: string): string => `gradient/${parameter}`;

/**
 * Inputs: parameters and batch. Outputs: `loss`, metrics, and `gradient/<parameter>` for each trainable one. Several tasks can
 * share one parameter set; each touches only the parameters it uses. Gradients of several micro-batches are added up outside:
 * the first goes straight to its place, where a sum inside would read zeros and write them on.
 */
export function buildGradientGraph<Batch extends BatchTypes>(
  task: Task<Batch>,
  options?: GradientOptions,
): TrainingGraph {
  const { graph, bound, loss, scalars } = buildLoss(task);
  const trainable = bound.used.filter(({ spec }) => spec.trainable);
  const gradientValues = gradients(
    graph,
    loss,
    trainable.map(({ value }) => value),
    options,
  );
  trainable.forEach(({ spec }, i) => graph.output(gradientOutput(spec.name), gradientValues[i]!));
  return describe(graph, bound, task, scalars);
}

/** Inputs: parameters and batch. Outputs: `loss` and metrics. */
export function buildLossGraph<Batch extends BatchTypes>(task: Task<Batch>): TrainingGraph {
  const { graph, bound, scalars } = buildLoss(task);
  return describe(graph, bound, task, scalars);
}

function buildLoss<Batch extends BatchTypes>(task: Task<Batch>) {
  const graph = new Graph(task.lowering);
  const bound = task.parameters.asInputs(graph);
  const inputs = Object.fromEntries(
    Object.entries(task.inputs).map(([name, { dtype, shape }]) => [name, graph.input(name, dtype, shape)]),
  ) as Record<keyof Batch, Value>;
  const { loss, metrics = {} } = task.loss(graph, bound, inputs);
  const scalars = { loss, ...metrics };
  for (const [name, value] of Object.entries(scalars)) graph.output(name, value);
  return { graph, bound, loss, scalars: Object.keys(scalars) };
}

function describe(graph: Graph, bound: BoundParameters, task: Task, scalars: string[]): TrainingGraph {
  const model = encodeModel(graph);
  const names = bound.used.map(({ spec }) => spec.name);
  const fed = (name: string) => model.inputs.has(name);
  return {
    model,
    parameters: names.filter(fed),
    gradients: names.filter((name) => model.outputs.has(gradientOutput(name))),
    inputs: Object.keys(task.inputs).filter(fed),
    scalars,
    flops: matmulFlops(graph),
  };
}
