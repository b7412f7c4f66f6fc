/**
 * Parameters in the memory of the machine. Updates happen in place, by kernels that pass over weights and state once;
 * only functions of whole matrices, where an optimizer has them, are graphs for ONNX Runtime.
 */
import { decays, type ParameterSpec } from '#main/ml/nn/parameters.ts';
import { sizeOf } from '#main/ml/onnx/dtype.ts';
import { elementProgram, type ElementProgram } from '#main/ml/optim/element-program.ts';
import { EMA_SLOT } from '#main/ml/optim/ema.ts';
import { planUpdates, slotKey, type PlannedUpdate } from '#main/ml/optim/plan.ts';
import { gradientOutput } from '#main/ml/training/gradient-graph.ts';
import { buildMatrixGraph, clipFactor, transformedOutput } from '#main/ml/training/update-graph.ts';
import { elementKernel } from '#main/ml/wasm/element-kernel.ts';
import { sumSquaresKernel } from '#main/ml/wasm/sum-squares.ts';
import { allocateRows, HostKernel, type HostTensor } from './host-memory.ts';
import type { ParameterStore, StoreContents, StoreOptions, UpdateInfo } from './parameter-store.ts';
import { hostTensor, type RuntimeTensor, Session } from './session.ts';

/** A tensor as kernels and as ONNX Runtime see it. */
interface Stored {
  host: HostTensor;
  runtime: RuntimeTensor;
}

interface Trained extends PlannedUpdate {
  /** `weight`, `gradient`, and the slots, as programs name them. */
  tensors: Record<string, Stored>;
  /** Where the gradient of a further micro-batch, or of a transformed matrix, is written. */
  spare: Stored;
  /** Whether `gradient` holds something of this step. */
  touched: boolean;
}

const addProgram = elementProgram({
  tensors: ['gradient', 'addend'],
  scalars: [],
  body: (math, { gradient, addend }) => ({ gradient: math.add(gradient, addend) }),
});

export class HostParameters implements ParameterStore {
  readonly #clipNorm: number;
  readonly #trained: ReadonlyMap<string, Trained>;
  readonly #fixed: ReadonlyMap<string, RuntimeTensor>;
  readonly #matrixSessions: ReadonlyMap<number, Session>;
  readonly #kernels = new Map<ElementProgram, HostKernel>();
  readonly #sumSquares = new HostKernel(sumSquaresKernel());

  private constructor(
    { parameters, optimizer }: StoreOptions,
    plan: readonly PlannedUpdate[],
    matrixSessions: ReadonlyMap<number, Session>,
    { weights, slots }: StoreContents,
  ) {
    this.#clipNorm = optimizer.clipNorm;
    this.#matrixSessions = matrixSessions;
    // Weight, gradient, spare, and the slots.
    const rows = allocateRows(
      plan.map(({ spec, rule }) => ({ length: sizeOf(spec.shape), count: 3 + rule.slots.length })),
    );
    this.#trained = new Map(
      plan.map((update, i) => {
        const { spec, rule } = update;
        const [weight, gradient, spare, ...rest] = rows[i]!.map((host) => stored(host, spec));
        const tensors: Record<string, Stored> = { weight: weight!, gradient: gradient! };
        weight!.host.data.set(weights.get(spec.name)!);
        rule.slots.forEach((slot, j) => {
          tensors[slot.name] = rest[j]!;
          rest[j]!.host.data.set(slots.get(slotKey(slot.name, spec.name))!);
        });
        return [spec.name, { ...update, tensors, spare: spare!, touched: false }];
      }),
    );
    this.#fixed = new Map(
      parameters.specs
        .filter(({ trainable }) => !trainable)
        .map(({ name, shape }) => [
          name,
          hostTensor({ dtype: 'float32', shape }, weights.get(name)!.slice()),
        ]),
    );
  }

  static async create(options: StoreOptions, contents: StoreContents): Promise<HostParameters> {
    const plan = planUpdates(options.parameters, options.optimizer);
    const sessions = new Map<number, Session>();
    for (let stage = 0; stage < stagesOf(plan); stage++) {
      const model = buildMatrixGraph(plan, stage);
      if (model) sessions.set(stage, await Session.create(model, options.compute));
    }
    return new HostParameters(options, plan, sessions, contents);
  }

  weights(names: readonly string[]): Record<string, RuntimeTensor> {
    return this.#pick(names, ({ tensors }) => tensors['weight']!);
  }

  averagedWeights(names: readonly string[]): Record<string, RuntimeTensor> {
    return this.#pick(names, ({ tensors }) => tensors[EMA_SLOT] ?? tensors['weight']!);
  }

  gradientTarget(name: string): RuntimeTensor {
    const { touched, spare, tensors } = this.#trained.get(name)!;
    return (touched ? spare : tensors['gradient']!).runtime;
  }

  async addGradients(results: ReadonlyMap<string, RuntimeTensor>): Promise<void> {
    for (const name of results.keys()) {
      const trained = this.#trained.get(name)!;
      if (trained.touched)
        this.#kernel(addProgram).run([trained.tensors['gradient']!.host, trained.spare.host]);
      trained.touched = true;
    }
  }

  async update({ step, learningRate, microBatches }: UpdateInfo): Promise<number> {
    const all = [...this.#trained.values()];
    let sum = 0;
    for (const trained of all) {
      const { host } = trained.tensors['gradient']!;
      if (!trained.touched) host.data.fill(0);
      sum += this.#sumSquares.run([host])!;
      trained.touched = false;
    }
    const norm = Math.sqrt(sum) / microBatches;
    const scale = clipFactor(norm, this.#clipNorm) / microBatches;
    for (let stage = 0; stage < stagesOf(all); stage++) {
      for (const { spec, rule, tensors } of all) {
        const found = rule.stages[stage];
        if (found?.kind !== 'elements') continue;
        const scalars = { scale, ...rule.scalars({ step, learningRate, decay: decays(spec) }) };
        this.#kernel(found.program).run(
          found.program.tensors.map((name) => tensors[name]!.host),
          found.program.scalars.map((name) => (scalars as Record<string, number>)[name]!),
        );
      }
      await this.#transformMatrices(stage);
    }
    return norm;
  }

  async export() {
    const weights = new Map<string, Float32Array>();
    const slots = new Map<string, Float32Array>();
    for (const [name, tensor] of this.#fixed) weights.set(name, (tensor.data as Float32Array).slice());
    for (const [name, { tensors, rule }] of this.#trained) {
      weights.set(name, tensors['weight']!.host.data.slice());
      for (const slot of rule.slots)
        slots.set(slotKey(slot.name, name), tensors[slot.name]!.host.data.slice());
    }
    return { weights, slots };
  }

  async dispose(): Promise<void> {
    for (const session of this.#matrixSessions.values()) await session.dispose();
  }

  async #transformMatrices(stage: number): Promise<void> {
    const session = this.#matrixSessions.get(stage);
    if (!session) return;
    const matrices = [...this.#trained].filter(([, { rule }]) => rule.stages[stage]?.kind === 'matrix');
    await session.runTensors(
      Object.fromEntries(
        matrices.map(([name, { tensors }]) => [gradientOutput(name), tensors['gradient']!.runtime]),
      ),
      Object.fromEntries(matrices.map(([name, { spare }]) => [transformedOutput(name), spare.runtime])),
    );
    for (const [, trained] of matrices) {
      const { gradient } = trained.tensors;
      trained.tensors['gradient'] = trained.spare;
      trained.spare = gradient!;
    }
  }

  #pick(names: readonly string[], pick: (trained: Trained) => Stored): Record<string, RuntimeTensor> {
    return Object.fromEntries(
      names.map((name) => {
        const trained = this.#trained.get(name);
        return [name, trained ? pick(trained).runtime : this.#fixed.get(name)!];
      }),
    );
  }

  #kernel(program: ElementProgram): HostKernel {
    const kernel = this.#kernels.get(program) ?? new HostKernel(elementKernel(program));
    this.#kernels.set(program, kernel);
    return kernel;
  }
}

const stagesOf = (plan: readonly PlannedUpdate[]) =>
  Math.max(0, ...plan.map(({ rule }) => rule.stages.length));

function stored(host: HostTensor, { shape }: ParameterSpec): Stored {
  return { host, runtime: hostTensor({ dtype: 'float32', shape }, host.data) };
}
