/** Graphs that compute losses from fixed weights, outside of training. */
import type { Weights } from '#main/ml/nn/parameters.ts';
import type { TensorData } from '#main/ml/onnx/dtype.ts';
import type { TrainingGraph } from '#main/ml/training/gradient-graph.ts';
import { Session, type Compute } from './session.ts';
import type { Batch } from './trainer.ts';

interface Opened {
  session: Session;
  weights: Record<string, TensorData>;
}

export class LossSessions<Name extends string> {
  readonly #opened: ReadonlyMap<Name, Opened>;

  private constructor(opened: ReadonlyMap<Name, Opened>) {
    this.#opened = opened;
  }

  static async open<Name extends string>(
    graphs: Readonly<Record<Name, TrainingGraph>>,
    weights: Weights,
    { device, threads }: Compute,
  ): Promise<LossSessions<Name>> {
    const opened = new Map<Name, Opened>();
    for (const [name, graph] of Object.entries(graphs) as [Name, TrainingGraph][]) {
      opened.set(name, {
        session: await Session.create(graph.model, { device, threads }),
        weights: Object.fromEntries(graph.parameters.map((key) => [key, weights.get(key)!])),
      });
    }
    return new LossSessions(opened);
  }

  /** The graph's scalars by name. */
  async run(name: Name, batch: Batch): Promise<Record<string, number>> {
    const { session, weights } = this.#opened.get(name)!;
    const outputs = await session.run({ ...weights, ...batch });
    return Object.fromEntries(Object.entries(outputs).map(([key, data]) => [key, Number(data[0])]));
  }

  async dispose(): Promise<void> {
    for (const { session } of this.#opened.values()) await session.dispose();
  }
}
