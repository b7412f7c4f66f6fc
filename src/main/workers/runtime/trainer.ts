/**
 * Trains a parameter set: holds weights, moments and gradient sums, runs the gradient graphs of the tasks and the update
 * graph. On the CPU every tensor has a twin; a step reads one and writes the other, and the two swap roles, so that nothing
 * is copied or allocated. On a GPU the tensors stay there.
 */
import type { OptimizerConfig } from '#shared/domain/training-config.ts';
import type { ParameterSet, Weights } from '#main/ml/nn/parameters.ts';
import type { TensorData } from '#main/ml/onnx/dtype.ts';
import { adamwScalars } from '#main/ml/optim/adamw.ts';
import { sumInput, sumOutput, type TrainingGraph } from '#main/ml/training/gradient-graph.ts';
import {
  buildUpdateGraph,
  gradientNormOutput,
  mInput,
  nextOutput,
  vInput,
} from '#main/ml/training/update-graph.ts';
import { type Compute, keepsTensors, loweringFor, type RuntimeTensor, Session } from './session.ts';
import { TensorStore } from './tensor-store.ts';

/** Everything needed to go on: values by parameter name. */
export interface TrainerState {
  /** Updates done. */
  step: number;
  weights: Weights;
  m: Weights;
  v: Weights;
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

/** Weights as they are at the start, with moments of zero. */
export function initialState(parameters: ParameterSet, seed: number): TrainerState {
  const weights = parameters.initialise(seed);
  const zeros = () => new Map([...weights].map(([name, values]) => [name, new Float32Array(values.length)]));
  return { step: 0, weights, m: zeros(), v: zeros() };
}

interface GraphSession {
  graph: TrainingGraph;
  session: Session;
}

export class Trainer {
  readonly #options: TrainerOptions;
  readonly #update: Session;
  readonly #tasks: ReadonlyMap<string, GraphSession>;
  readonly #evaluations: ReadonlyMap<string, GraphSession>;
  readonly #store: TensorStore;
  #step: number;
  #microBatches = 0;

  private constructor(
    options: TrainerOptions,
    sessions: { update: Session; tasks: Map<string, GraphSession>; evaluations: Map<string, GraphSession> },
    state: TrainerState,
  ) {
    this.#options = options;
    this.#update = sessions.update;
    this.#tasks = sessions.tasks;
    this.#evaluations = sessions.evaluations;
    this.#step = state.step;
    this.#store = new TensorStore(options.compute);
    for (const { name, shape } of options.parameters.specs) {
      this.#store.set(name, shape, state.weights.get(name)!);
      this.#store.set(mInput(name), shape, state.m.get(name)!);
      this.#store.set(vInput(name), shape, state.v.get(name)!);
      this.#store.setZero(sumInput(name), shape);
    }
  }

  static async create(options: TrainerOptions, state: TrainerState): Promise<Trainer> {
    const { compute, parameters, optimizer, tasks, evaluations = {} } = options;
    for (const weights of [state.weights, state.m, state.v]) parameters.check(weights);
    const resident = (session: readonly string[]) => (keepsTensors(compute.device) ? session : []);
    const open = async (graphs: Readonly<Record<string, TrainingGraph>>) => {
      const sessions = new Map<string, GraphSession>();
      for (const [name, graph] of Object.entries(graphs)) {
        const keepOnDevice = resident(
          graph.parameters.map(sumOutput).filter((key) => graph.model.outputs.has(key)),
        );
        sessions.set(name, {
          graph,
          session: await Session.create(graph.model, { ...compute, keepOnDevice }),
        });
      }
      return sessions;
    };
    const updateModel = buildUpdateGraph(parameters, optimizer, loweringFor(compute.device));
    const keepOnDevice = resident(
      [...updateModel.outputs.keys()].filter((key) => key !== gradientNormOutput),
    );
    const update = await Session.create(updateModel, { ...compute, keepOnDevice });
    const trainer = new Trainer(
      options,
      { update, tasks: await open(tasks), evaluations: await open(evaluations) },
      state,
    );
    await trainer.#store.moveToDevice();
    return trainer;
  }

  /** Updates done so far, those before a resume included. */
  get step(): number {
    return this.#step;
  }

  /** Adds the gradient of one micro-batch to the running sums; returns its loss and metrics. */
  async accumulate(task: string, batch: Batch): Promise<Record<string, number>> {
    const { graph, session } = find(this.#tasks, task);
    const results = await this.#advance(session, {
      feeds: { ...this.#tensorsOf(graph), ...session.tensors(batch) },
      stored: graph.parameters.map((name) => [sumInput(name), sumOutput(name)]),
    });
    this.#microBatches += 1;
    return scalarsOf(graph, results);
  }

  /** Updates the weights with the mean of the gradients since the last update, and forgets those. */
  async update(learningRate: number): Promise<{ gradientNorm: number }> {
    if (this.#microBatches === 0) throw new Error('update: no gradient has been accumulated');
    const step = this.#step + 1;
    const scalars = adamwScalars(this.#options.optimizer, {
      step,
      learningRate,
      microBatches: this.#microBatches,
    });
    const names = this.#options.parameters.specs.map(({ name }) => name);
    const moving = names.flatMap((name) => [name, mInput(name), vInput(name)]);
    const results = await this.#advance(this.#update, {
      feeds: {
        ...this.#stored([...moving, ...names.map(sumInput)]),
        ...this.#update.tensors(mapValues(scalars, (value) => Float32Array.of(value))),
      },
      stored: moving.map((name) => [name, nextOutput(name)]),
    });
    for (const name of names) this.#store.clear(sumInput(name));
    this.#step = step;
    this.#microBatches = 0;
    return { gradientNorm: Number(results[gradientNormOutput]!.data[0]) };
  }

  /** Runs a graph that only reads the weights; returns its outputs. */
  async evaluate(evaluation: string, batch: Batch): Promise<Record<string, number>> {
    const { graph, session } = find(this.#evaluations, evaluation);
    const results = await session.runTensors({
      ...this.#stored(graph.parameters),
      ...session.tensors(batch),
    });
    return scalarsOf(graph, results);
  }

  /** The current weights; a copy. */
  async weights(): Promise<Map<string, Float32Array>> {
    return this.#export((name) => name);
  }

  /** All that a checkpoint must hold; copies. Only between updates: gradients under way are not part of it. */
  async exportState(): Promise<TrainerState> {
    return {
      step: this.#step,
      weights: await this.weights(),
      m: await this.#export(mInput),
      v: await this.#export(vInput),
    };
  }

  async dispose(): Promise<void> {
    // Tensors on a device must go before the sessions that made them.
    await this.#store.dispose();
    await this.#update.dispose();
    for (const { session } of [...this.#tasks.values(), ...this.#evaluations.values()])
      await session.dispose();
  }

  async #export(key: (name: string) => string): Promise<Map<string, Float32Array>> {
    const names = this.#options.parameters.specs.map(({ name }) => name);
    const values = await this.#store.read(names.map(key));
    return new Map(names.map((name) => [name, values.get(key(name))!]));
  }

  #tensorsOf(graph: TrainingGraph): Record<string, RuntimeTensor> {
    return this.#stored([...graph.parameters, ...graph.parameters.map(sumInput)]);
  }

  #stored(names: readonly string[]): Record<string, RuntimeTensor> {
    return Object.fromEntries(names.map((name) => [name, this.#store.current(name)]));
  }

  /** Runs a graph some of whose outputs replace stored tensors: pairs of stored name and output name. */
  async #advance(
    session: Session,
    { feeds, stored }: { feeds: Record<string, RuntimeTensor>; stored: [string, string][] },
  ): Promise<Record<string, RuntimeTensor>> {
    const fetches: Record<string, RuntimeTensor> = {};
    for (const [name, output] of stored) {
      const spare = this.#store.spare(name);
      if (spare !== undefined) fetches[output] = spare;
    }
    const results = await session.runTensors(feeds, fetches);
    for (const [name, output] of stored) this.#store.replace(name, results[output]!);
    return results;
  }
}

function scalarsOf(graph: TrainingGraph, results: Record<string, RuntimeTensor>): Record<string, number> {
  return Object.fromEntries(graph.scalars.map((name) => [name, Number(results[name]!.data[0])]));
}

function find(sessions: ReadonlyMap<string, GraphSession>, name: string): GraphSession {
  const found = sessions.get(name);
  if (found === undefined) throw new Error(`there is no graph “${name}”: ${[...sessions.keys()].join(', ')}`);
  return found;
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
