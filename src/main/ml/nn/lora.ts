/**
 * Low-rank adapters (Hu et al. 2022): a trained model stays as it is, and next to each of its target matrices W [in, out] a
 * product A·B of rank r is learned, so that W + alpha/rank · A·B takes its place. B starts at zero: at first nothing changes.
 */
import type { LoraConfig } from '#shared/domain/training-config.ts';
import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import type { Task } from '../training/gradient-graph.ts';
import { LowRankSum, type LinearWeight } from './linear-weight.ts';
import { BoundParameters, ParameterSet, type ParameterSpec, type Weights } from './parameters.ts';

const nameOfA = (parameter: string): string => `adapter.a/${parameter}`;
const nameOfB = (parameter: string): string => `adapter.b/${parameter}`;

/** The parameters of a model, which no longer change, with those of its adapters. */
export function withAdapters(model: ParameterSet, lora: LoraConfig): ParameterSet {
  const set = new ParameterSet();
  for (const spec of model.specs) set.add({ ...spec, trainable: false });
  for (const { name, shape } of targetsOf(model, lora)) {
    const [rows, columns] = shape as [number, number];
    set.matrix(nameOfA(name), [rows, lora.rank], (3 * rows) ** -0.5);
    set.declare(nameOfB(name), [lora.rank, columns], { kind: 'zeros' });
  }
  return set;
}

/**
 * The same task, learned by adapters. Gradients go into these alone. Linear maps multiply with matrix and adapter side by side;
 * whoever asks for the matrix itself gets the sum.
 */
export function adapted<T extends Task>(task: T, lora: LoraConfig): T {
  const model = task.parameters;
  const targets = new Set(targetsOf(model, lora).map(({ name }) => name));
  return {
    ...task,
    parameters: withAdapters(model, lora),
    loss: (graph, bound, inputs) => {
      const scale = lora.alpha / lora.rank;
      const joined = (name: string): Value => {
        const product = op.matmul(bound.get(nameOfA(name)), bound.get(nameOfB(name)), { alpha: scale });
        return op.add(bound.get(name), product);
      };
      const beside = (name: string): LinearWeight =>
        new LowRankSum({
          base: bound.get(name),
          a: bound.get(nameOfA(name)),
          b: bound.get(nameOfB(name)),
          scale,
        });
      const seen = new BoundParameters(
        model,
        ({ name }) => (targets.has(name) ? joined(name) : bound.get(name)),
        ({ name }) => (targets.has(name) ? beside(name) : bound.get(name)),
      );
      return task.loss(graph, seen, inputs);
    },
  };
}

/** Weights of the model with its adapters' products in them, as it is sampled and evaluated. */
export function mergeAdapters(
  weights: Weights,
  model: ParameterSet,
  lora: LoraConfig,
): Map<string, Float32Array> {
  const merged = new Map(model.specs.map(({ name }) => [name, weights.get(name)!]));
  for (const { name, shape } of targetsOf(model, lora)) {
    const [rows, columns] = shape as [number, number];
    const [a, b] = [weights.get(nameOfA(name))!, weights.get(nameOfB(name))!];
    const sum = Float64Array.from(merged.get(name)!);
    for (let row = 0; row < rows; row++) {
      for (let r = 0; r < lora.rank; r++) {
        const factor = (a[row * lora.rank + r]! * lora.alpha) / lora.rank;
        for (let column = 0; column < columns; column++)
          sum[row * columns + column]! += factor * b[r * columns + column]!;
      }
    }
    merged.set(name, Float32Array.from(sum));
  }
  return merged;
}

/** Matrices inside the blocks: `attention` has qkv and out, `feedForward` has gateUp and down. */
function targetsOf(model: ParameterSet, { targets }: LoraConfig): ParameterSpec[] {
  return model.specs.filter(
    ({ name, role }) => role === 'matrix' && targets.some((target) => name.includes(`.${target}.`)),
  );
}
