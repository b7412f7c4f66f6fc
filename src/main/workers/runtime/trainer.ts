/**
 * Trains a parameter set: runs the gradient graphs of the tasks, adds up what they give, and moves the weights on. Where
 * weights and optimizer state lie, and how they are moved on, depends on the device (see `parameter-store.ts`).
 */
import type { OptimizerConfig } from '#shared/domain/optimizer-config.ts';
import type { ParameterSet, Weights } from '#main/ml/nn/parameters.ts';
import { sizeOf, type TensorData } from '#main/ml/onnx/dtype.ts';
import { initialSlots, slotSpecs } from '#main/ml/optim/plan.ts';
import { gradientOutput, type TrainingGraph } from '#main/ml/training/gradient-graph.ts';
import { DeviceParameters } from './device-parameters.ts';
import { HostParameters } from './host-parameters.ts';
import type { ParameterStore, Slots } from './parameter-store.ts';
import { type Compute, keepsTensors, type RuntimeTensor, Session } from './session.ts';

/** Everything needed to go on. */
export interface TrainerState {
  /** Updates done. */
  step: number;
  /** Values by parameter name. */
  weights: Weights;
  /** State of the optimizer by key, `<slot>/<parameter>`. */
  slots: Slots;
}

export type Batch = Readonly<Record<string, TensorData>>;

export interface TrainerOptions {
  compute: Compute;
  parameters: ParameterSet;
  optimizer: OptimizerConfig;
  /** Graphs with gradients, for `accumulate`, built for the device (see `loweringFor`). */
  tasks: Readonly<Record<string, TrainingGraph>>;
  /** Graphs that only read the weights, for `evaluate`. */
  evaluations?: Readonly<Record<string, TrainingGraph>>;
}

/** Weights as given, or as they are at the start, with the state of an optimizer that has done nothing yet. */
export function initialState(
  parameters: ParameterSet,
  optimizer: OptimizerConfig,
  start: number | Weights,
): TrainerState {
  const weights = typeof start === 'number' ? parameters.initialise(start) : start;
  return { step: 0, weights, slots: initialSlots(slotSpecs(parameters, optimizer), weights) };
}

interface GraphSession {
  graph: TrainingGraph;
  session: Session;
}
type GraphSessions = ReadonlyMap<string, GraphSession>;

export class Trainer {
  readonly #store: ParameterStore;
  readonly #tasks: GraphSessions;
  readonly #evaluations: GraphSessions;
  #step: number;
  #microBatches = 0;

  private constructor(
    {
      store,
      tasks,
      evaluations,
    }: { store: ParameterStore; tasks: GraphSessions; evaluations: GraphSessions },
    step: number,
  ) {
    this.#store = store;
    this.#tasks = tasks;
    this.#evaluations = evaluations;
    this.#step = step;
  }

  static async create(options: TrainerOptions, state: TrainerState): Promise<Trainer> {
    const { compute, parameters, optimizer, tasks, evaluations = {} } = options;
    parameters.check(state.weights);
    for (const { key, shape } of slotSpecs(parameters, optimizer)) {
      const found = state.slots.get(key)?.length;
      if (found !== sizeOf(shape)) throw new Error(`the optimizer's “${key}” has ${found ?? 'no'} values`);
    }
    const Store = keepsTensors(compute.device) ? DeviceParameters : HostParameters;
    const store = await Store.create({ compute, parameters, optimizer }, state);
    const sessions = { tasks: await open(tasks, compute), evaluations: await open(evaluations, compute) };
    return new Trainer({ store, ...sessions }, state.step);
  }

  /** Updates done so far, those before a resume included. */
  get step(): number {
    return this.#step;
  }

  /** Adds the gradient of one micro-batch to those of this step; returns its loss and metrics. */
  async accumulate(task: string, batch: Batch): Promise<Record<string, number>> {
    const { graph, session } = find(this.#tasks, task);
    const targets = graph.gradients.flatMap((name): [string, RuntimeTensor][] => {
      const target = this.#store.gradientTarget(name);
      return target === undefined ? [] : [[gradientOutput(name), target]];
    });
    const results = await session.runTensors(
      { ...this.#store.weights(graph.parameters), ...session.tensors(batch) },
      Object.fromEntries(targets),
    );
    await this.#store.addGradients(
      new Map(graph.gradients.map((name) => [name, results[gradientOutput(name)]!])),
    );
    this.#microBatches += 1;
    return scalarsOf(graph, results);
  }

  /** Updates the weights with the mean of the gradients since the last update, and forgets those. */
  async update(learningRate: number): Promise<{ gradientNorm: number }> {
    if (this.#microBatches === 0) throw new Error('update: no gradient has been accumulated');
    const step = this.#step + 1;
    const microBatches = this.#microBatches;
    const gradientNorm = await this.#store.update({ step, learningRate, microBatches });
    this.#step = step;
    this.#microBatches = 0;
    return { gradientNorm };
  }

  /** Runs a graph that only reads the weights, averaged ones where an average is kept; returns its outputs. */
  async evaluate(evaluation: string, batch: Batch): Promise<Record<string, number>> {
    const { graph, session } = find(this.#evaluations, evaluation);
    const results = await session.runTensors({
      ...this.#store.averagedWeights(graph.parameters),
      ...session.tensors(batch),
    });
    return scalarsOf(graph, results);
  }

  /** The current weights; a copy. */
  async weights(): Promise<Map<string, Float32Array>> {
    return (await this.#store.export()).weights;
  }

  /** All that a checkpoint must hold; copies. Only between updates: gradients under way are not part of it. */
  async exportState(): Promise<TrainerState> {
    return { step: this.#step, ...(await this.#store.export()) };
  }

  async dispose(): Promise<void> {
    await this.#store.dispose();
    for (const { session } of [...this.#tasks.values(), ...this.#evaluations.values()])
      await session.dispose();
  }
}

async function open(
  graphs: Readonly<Record<string, TrainingGraph>>,
  compute: Compute,
): Promise<Map<string, GraphSession>> {
  const sessions = new Map<string, GraphSession>();
  for (const [name, graph] of Object.entries(graphs)) {
    const keepOnDevice = keepsTensors(compute.device) ? graph.gradients.map(gradientOutput) : [];
    sessions.set(name, { graph, session: await Session.create(graph.model, { ...compute, keepOnDevice }) });
  }
  return sessions;
}

function scalarsOf(graph: TrainingGraph, results: Record<string, RuntimeTensor>): Record<string, number> {
  return Object.fromEntries(graph.scalars.map((name) => [name, Number(results[name]!.data[0])]));
}

function find(sessions: GraphSessions, name: string): GraphSession {
  const found = sessions.get(name);
  if (found === undefined) throw new Error(`there is no graph “${name}”: ${[...sessions.keys()].join(', ')}`);
  return found;
}
