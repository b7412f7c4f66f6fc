/** Graphs that compute losses from fixed weights, outside of training. */
import type { Weights } from '#main/ml/nn/parameters.ts';
import type { TrainingGraph } from '#main/ml/training/gradient-graph.ts';
import { upload, type Uploaded } from './device-memory.ts';
import { Session, type Compute, type RuntimeTensor } from './session.ts';
import type { Batch } from './trainer.ts';

export class LossSessions<Name extends string> {
  readonly #sessions: ReadonlyMap<Name, Session>;
  readonly #weights: Uploaded;

  private constructor(sessions: ReadonlyMap<Name, Session>, weights: Uploaded) {
    this.#sessions = sessions;
    this.#weights = weights;
  }

  static async open<Name extends string>(
    graphs: Readonly<Partial<Record<Name, TrainingGraph>>>,
    weights: Weights,
    { device, threads }: Compute,
  ): Promise<LossSessions<Name>> {
    const compute = { device, threads };
    const sessions = new Map<Name, Session>();
    const read: Record<string, RuntimeTensor> = {};
    for (const [name, graph] of Object.entries(graphs) as [Name, TrainingGraph][]) {
      const session = await Session.create(graph.model, compute);
      sessions.set(name, session);
      for (const key of graph.parameters) Object.assign(read, session.tensors({ [key]: weights.get(key)! }));
    }
    return new LossSessions(sessions, await upload(read, compute));
  }

  /** The graph's scalars by name. */
  async run(name: Name, batch: Batch): Promise<Record<string, number>> {
    const session = this.#sessions.get(name)!;
    const weights = Object.entries(this.#weights.tensors).filter(([key]) => session.model.inputs.has(key));
    const outputs = await session.runTensors({ ...Object.fromEntries(weights), ...session.tensors(batch) });
    return Object.fromEntries(Object.entries(outputs).map(([key, { data }]) => [key, Number(data[0])]));
  }

  async dispose(): Promise<void> {
    for (const tensor of Object.values(this.#weights.tensors)) tensor.dispose();
    await this.#weights.release();
    for (const session of this.#sessions.values()) await session.dispose();
  }
}
