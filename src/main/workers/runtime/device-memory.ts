/**
 * Moves float32 tensors between the memory of the machine and that of a device: by graphs that pass them through, for the
 * library offers no other way.
 */
import { encodeModel } from '#main/ml/onnx/encode.ts';
import { Graph } from '#main/ml/onnx/graph.ts';
import { type Compute, keepsTensors, loweringFor, type RuntimeTensor, Session } from './session.ts';

type Tensors = Readonly<Record<string, RuntimeTensor>>;

/** Tensors in the memory of the device. */
export interface Uploaded {
  readonly tensors: Record<string, RuntimeTensor>;
  /** To be called when the tensors are disposed of: they live in the memory of a session that this ends. */
  release(): Promise<void>;
}

/** Copies tensors to the device. Where a device keeps no tensors, gives back those that it got. */
export async function upload(tensors: Tensors, compute: Compute): Promise<Uploaded> {
  if (!keepsTensors(compute.device) || Object.keys(tensors).length === 0)
    return { tensors: { ...tensors }, release: async () => {} };
  const session = await copySession(tensors, compute, true);
  return { tensors: await copy(session, tensors), release: () => session.dispose() };
}

/** The values of tensors by name. */
export async function readBack(tensors: Tensors, compute: Compute): Promise<Map<string, Float32Array>> {
  const session = await copySession(tensors, compute, false);
  try {
    const copies = await copy(session, tensors);
    return new Map(Object.entries(copies).map(([name, { data }]) => [name, data as Float32Array]));
  } finally {
    await session.dispose();
  }
}

const copyOf = (name: string): string => `copy/${name}`;

function copySession(tensors: Tensors, compute: Compute, keep: boolean): Promise<Session> {
  const graph = new Graph(loweringFor(compute.device));
  for (const [name, { dims }] of Object.entries(tensors))
    graph.output(copyOf(name), graph.input(name, 'float32', dims));
  const keepOnDevice = keep ? Object.keys(tensors).map(copyOf) : [];
  return Session.create(encodeModel(graph, 'copy'), { ...compute, keepOnDevice });
}

async function copy(session: Session, tensors: Tensors): Promise<Record<string, RuntimeTensor>> {
  const results = await session.runTensors(tensors);
  return Object.fromEntries(Object.keys(tensors).map((name) => [name, results[copyOf(name)]!]));
}
