/** Copies tensors from the memory of a device: by a graph that passes them through, for the library offers no other way. */
import { encodeModel } from '#main/ml/onnx/encode.ts';
import { Graph } from '#main/ml/onnx/graph.ts';
import { type Compute, loweringFor, type RuntimeTensor, Session } from './session.ts';

const outputName = (name: string): string => `read/${name}`;

/** The values of float32 tensors by name. */
export async function readBack(
  tensors: Readonly<Record<string, RuntimeTensor>>,
  compute: Compute,
): Promise<Map<string, Float32Array>> {
  const graph = new Graph(loweringFor(compute.device));
  for (const [name, tensor] of Object.entries(tensors))
    graph.output(outputName(name), graph.input(name, 'float32', tensor.dims));
  const session = await Session.create(encodeModel(graph, 'read-back'), compute);
  try {
    const results = await session.runTensors(tensors);
    return new Map(
      Object.keys(tensors).map((name) => [name, results[outputName(name)]!.data as Float32Array]),
    );
  } finally {
    await session.dispose();
  }
}
