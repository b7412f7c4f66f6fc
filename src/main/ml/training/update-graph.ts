/** Makes the graphs that an optimizer needs: the whole update for a device, or only its functions of matrices for the CPU. */
import type { OptimizerConfig } from '#shared/domain/optimizer-config.ts';
import { decays, type ParameterSet, type ParameterSpec } from '../nn/parameters.ts';
import type { Shape } from '../onnx/dtype.ts';
import { encodeModel, type Model } from '../onnx/encode.ts';
import { Graph, type Lowering, type Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import type { ElementProgram } from '../optim/element-program.ts';
import { graphArithmetic } from '../optim/graph-arithmetic.ts';
import { planUpdates, slotKey, type PlannedUpdate } from '../optim/plan.ts';
import type { Stage } from '../optim/rule.ts';
import { gradientOutput } from './gradient-graph.ts';

/** Names of the results, and of the norm before clipping. */
export const nextOutput = (input: string): string => `next/${input}`;
export const gradientNormOutput = 'gradientNorm';
/** Factor of the gradient sums that makes them means. */
export const meanInput = 'meanFactor';

/** Scalars of an update by name of the graph's input; all but `meanInput`. */
export function updateScalars(
  plan: readonly PlannedUpdate[],
  { step, learningRate }: { step: number; learningRate: number },
): Record<string, number> {
  return Object.fromEntries(
    plan.flatMap((update) => {
      const scalars = update.rule.scalars({ step, learningRate, decay: decays(update.spec) });
      return Object.entries(scalars).map(([name, value]) => [scalarInput(update, name), value]);
    }),
  );
}

/** How much of a gradient is left after clipping its norm to `clipNorm`; 0 leaves all. As PyTorch's `clip_grad_norm_`. */
export const clipFactor = (norm: number, clipNorm: number): number =>
  clipNorm === 0 ? 1 : Math.min(1, clipNorm / (norm + CLIP_EPSILON));
const CLIP_EPSILON = 1e-6;

/**
 * Inputs: trainable parameters, their slots (`<slot>/<parameter>`), gradient sums (`gradient/<parameter>`), the scalars of
 * `updateScalars`, and `meanInput`. Outputs: `next/…` of parameters and slots, and `gradientNorm`.
 */
export function buildUpdateGraph(
  parameters: ParameterSet,
  config: OptimizerConfig,
  lowering: Lowering = 'cpu',
): Model {
  const graph = new Graph(lowering);
  const plan = planUpdates(parameters, config);
  const sums = plan.map(({ spec }) => graph.input(gradientOutput(spec.name), 'float32', spec.shape));
  const meanFactor = graph.input(meanInput, 'float32', []);
  const sumNorm = op.sqrt(sums.map((sum) => op.reduceSumSquare(sum)).reduce((a, b) => op.add(a, b)));
  const gradientNorm = op.mul(sumNorm, meanFactor);
  const scale =
    config.clipNorm === 0
      ? meanFactor
      : op.mul(meanFactor, op.minimum(op.div(config.clipNorm, op.add(gradientNorm, CLIP_EPSILON)), 1));

  const scalars = new Map<string, Value>();
  const scalar = (name: string) => {
    const known = scalars.get(name) ?? graph.input(name, 'float32', []);
    scalars.set(name, known);
    return known;
  };
  plan.forEach((update, i) => {
    const { name, shape } = update.spec;
    const slots = update.rule.slots.map((slot) => slotKey(slot.name, name));
    const values: Record<string, Value> = {
      weight: graph.input(name, 'float32', shape),
      gradient: sums[i]!,
    };
    update.rule.slots.forEach((slot, j) => (values[slot.name] = graph.input(slots[j]!, 'float32', shape)));
    for (const stage of update.rule.stages) {
      const scalarOf = (key: string) => (key === 'scale' ? scale : scalar(scalarInput(update, key)));
      Object.assign(values, runStage(stage, update.spec, values, scalarOf));
    }
    graph.output(nextOutput(name), values['weight']!);
    update.rule.slots.forEach((slot, j) => graph.output(nextOutput(slots[j]!), values[slot.name]!));
  });
  graph.output(gradientNormOutput, gradientNorm);
  return encodeModel(graph, 'update');
}

/** What `buildMatrixGraph` gives for a gradient. */
export const transformedOutput = (parameter: string): string => `transformed/${parameter}`;

/** Stage `index` of the rules for which it is a function of a matrix: `gradient/…` → `transformed/…`; null when there is none. */
export function buildMatrixGraph(plan: readonly PlannedUpdate[], index: number): Model | null {
  const graph = new Graph('cpu');
  for (const { spec, rule } of plan) {
    const stage = rule.stages[index];
    if (stage?.kind !== 'matrix') continue;
    const gradient = graph.input(gradientOutput(spec.name), 'float32', spec.shape);
    graph.output(transformedOutput(spec.name), stage.transform(gradient, spec.sideBySide ?? 1));
  }
  return graph.outputs.size === 0 ? null : encodeModel(graph, 'matrices');
}

/** Names in the graph that adds gradients up. */
export const addendInput = (parameter: string): string => `addend/${parameter}`;
export const sumOutput = (parameter: string): string => `sum/${parameter}`;

/** `gradient/…` + `addend/…` → `sum/…`, for micro-batches on a device. */
export function buildSumGraph(shapes: ReadonlyMap<string, Shape>, lowering: Lowering): Model {
  const graph = new Graph(lowering);
  for (const [name, shape] of shapes) {
    const [a, b] = [gradientOutput(name), addendInput(name)].map((key) => graph.input(key, 'float32', shape));
    graph.output(sumOutput(name), op.add(a!, b!));
  }
  return encodeModel(graph, 'sum');
}

function runStage(
  stage: Stage,
  { sideBySide = 1 }: ParameterSpec,
  values: Readonly<Record<string, Value>>,
  scalarOf: (name: string) => Value,
): Record<string, Value> {
  const gradient = values['gradient']!;
  if (stage.kind === 'matrix') return { gradient: stage.transform(gradient, sideBySide) };
  const { program } = stage;
  const scalars = Object.fromEntries(program.scalars.map((name) => [name, scalarOf(name)]));
  return definedValues(program.body(graphArithmetic(gradient.graph), { ...values, ...scalars }));
}

const definedValues = (results: ReturnType<ElementProgram['body']>) => results as Record<string, Value>;

/** Scalars depend on the rule and on whether the parameter decays, on nothing else. */
const scalarInput = ({ rule, spec }: PlannedUpdate, scalar: string): string =>
  `${rule.name}/${decays(spec) ? 'decay' : 'plain'}/${scalar}`;
