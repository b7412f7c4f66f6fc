/** Parameters in the memory of a device that keeps tensors: one graph moves them on, and they never leave it between steps. */
import type { Shape } from '#main/ml/onnx/dtype.ts';
import { EMA_SLOT } from '#main/ml/optim/ema.ts';
import { planUpdates, slotKey, slotSpecs, type PlannedUpdate } from '#main/ml/optim/plan.ts';
import { gradientOutput } from '#main/ml/training/gradient-graph.ts';
import {
  addendInput,
  buildSumGraph,
  buildUpdateGraph,
  gradientNormOutput,
  meanInput,
  nextOutput,
  sumOutput,
  updateScalars,
} from '#main/ml/training/update-graph.ts';
import { readBack, upload, type Uploaded } from './device-memory.ts';
import type { ParameterStore, StoreContents, StoreOptions, UpdateInfo } from './parameter-store.ts';
import { hostTensor, loweringFor, type RuntimeTensor, Session, zeroTensor } from './session.ts';

export class DeviceParameters implements ParameterStore {
  readonly #options: StoreOptions;
  readonly #plan: readonly PlannedUpdate[];
  readonly #update: Session;
  /** Weights by name and slots by key. */
  readonly #state: Map<string, RuntimeTensor>;
  /** Gradients of this step by parameter. */
  readonly #gradients = new Map<string, RuntimeTensor>();
  /** Gradients of parameters that no micro-batch of a step touched, by shape. */
  readonly #zeros = new Map<string, RuntimeTensor>();
  /** Graphs that add gradients up, by the names they add. */
  readonly #sums = new Map<string, Session>();
  readonly #uploads: Uploaded[];

  private constructor(options: StoreOptions, update: Session, state: Uploaded) {
    this.#options = options;
    this.#plan = planUpdates(options.parameters, options.optimizer);
    this.#update = update;
    this.#state = new Map(Object.entries(state.tensors));
    this.#uploads = [state];
  }

  static async create(options: StoreOptions, { weights, slots }: StoreContents): Promise<DeviceParameters> {
    const { compute, parameters, optimizer } = options;
    const model = buildUpdateGraph(parameters, optimizer, loweringFor(compute.device));
    const keepOnDevice = [...model.outputs.keys()].filter((key) => key !== gradientNormOutput);
    const update = await Session.create(model, { ...compute, keepOnDevice });
    const tensor = (shape: Shape, values: Float32Array) => hostTensor({ dtype: 'float32', shape }, values);
    const state = {
      ...Object.fromEntries(
        parameters.specs.map(({ name, shape }) => [name, tensor(shape, weights.get(name)!)]),
      ),
      ...Object.fromEntries(
        slotSpecs(parameters, optimizer).map(({ key, shape }) => [key, tensor(shape, slots.get(key)!)]),
      ),
    };
    return new DeviceParameters(options, update, await upload(state, compute));
  }

  weights(names: readonly string[]): Record<string, RuntimeTensor> {
    return Object.fromEntries(names.map((name) => [name, this.#state.get(name)!]));
  }

  averagedWeights(names: readonly string[]): Record<string, RuntimeTensor> {
    const average = (name: string) => this.#state.get(slotKey(EMA_SLOT, name)) ?? this.#state.get(name)!;
    return Object.fromEntries(names.map((name) => [name, average(name)]));
  }

  gradientTarget(): undefined {
    return undefined;
  }

  async addGradients(results: ReadonlyMap<string, RuntimeTensor>): Promise<void> {
    const known = [...results.keys()].filter((name) => this.#gradients.has(name));
    const sums = known.length === 0 ? {} : await this.#add(known, results);
    for (const [name, result] of results) {
      const sum = sums[sumOutput(name)];
      if (sum) {
        this.#gradients.get(name)!.dispose();
        result.dispose();
      }
      this.#gradients.set(name, sum ?? result);
    }
  }

  async update({ step, learningRate, microBatches }: UpdateInfo): Promise<number> {
    const scalars = {
      ...updateScalars(this.#plan, { step, learningRate }),
      [meanInput]: 1 / microBatches,
    };
    const moving = this.#plan.flatMap(({ spec: { name }, rule }) => [
      name,
      ...rule.slots.map((slot) => slotKey(slot.name, name)),
    ]);
    const gradients: Record<string, RuntimeTensor> = {};
    for (const { name, shape } of this.#plan.map(({ spec }) => spec))
      gradients[gradientOutput(name)] = this.#gradients.get(name) ?? (await this.#zero(shape));
    const results = await this.#update.runTensors({
      ...Object.fromEntries(moving.map((key) => [key, this.#state.get(key)!])),
      ...gradients,
      ...this.#update.tensors(
        Object.fromEntries(Object.entries(scalars).map(([key, value]) => [key, Float32Array.of(value)])),
      ),
    });
    for (const key of moving) {
      this.#state.get(key)!.dispose();
      this.#state.set(key, results[nextOutput(key)]!);
    }
    for (const gradient of this.#gradients.values()) gradient.dispose();
    this.#gradients.clear();
    return Number(results[gradientNormOutput]!.data[0]);
  }

  async export() {
    const { compute, parameters } = this.#options;
    const values = await readBack(Object.fromEntries(this.#state), compute);
    const isWeight = new Set(parameters.specs.map(({ name }) => name));
    const part = (weights: boolean) => new Map([...values].filter(([key]) => isWeight.has(key) === weights));
    return { weights: part(true), slots: part(false) };
  }

  async dispose(): Promise<void> {
    // Tensors on a device must go before the sessions that made them.
    for (const tensor of [...this.#state.values(), ...this.#gradients.values(), ...this.#zeros.values()])
      tensor.dispose();
    for (const uploaded of this.#uploads) await uploaded.release();
    await this.#update.dispose();
    for (const session of this.#sums.values()) await session.dispose();
  }

  async #zero(shape: Shape): Promise<RuntimeTensor> {
    const id = shape.join('x');
    const known = this.#zeros.get(id);
    if (known) return known;
    const uploaded = await upload({ zeros: zeroTensor({ dtype: 'float32', shape }) }, this.#options.compute);
    this.#uploads.push(uploaded);
    this.#zeros.set(id, uploaded.tensors['zeros']!);
    return uploaded.tensors['zeros']!;
  }

  async #add(names: readonly string[], results: ReadonlyMap<string, RuntimeTensor>) {
    const { compute, parameters } = this.#options;
    const id = names.join();
    let session = this.#sums.get(id);
    if (!session) {
      const shapes = new Map(names.map((name) => [name, parameters.spec(name).shape]));
      session = await Session.create(buildSumGraph(shapes, loweringFor(compute.device)), {
        ...compute,
        keepOnDevice: names.map(sumOutput),
      });
      this.#sums.set(id, session);
    }
    return session.runTensors(
      Object.fromEntries(
        names.flatMap((name) => [
          [gradientOutput(name), this.#gradients.get(name)!],
          [addendInput(name), results.get(name)!],
        ]),
      ),
    );
  }
}
