/** Files of named tensors, float32 and int32, that sides in other languages read as well. */
import { readFileSync, writeFileSync } from 'node:fs';
import { readSafetensors, writeSafetensors, type SafeTensor } from '#main/ml/format/safetensors.ts';
import type { TensorData } from '#main/ml/onnx/dtype.ts';

export function writeTensors(
  path: string,
  entries: readonly (readonly [name: string, shape: readonly number[], data: TensorData])[],
): void {
  const tensor = (shape: readonly number[], data: TensorData) =>
    ({ dtype: data instanceof Int32Array ? 'I32' : 'F32', shape, data }) as SafeTensor;
  const tensors = new Map(entries.map(([name, shape, data]) => [name, tensor(shape, data)]));
  writeFileSync(path, writeSafetensors(tensors));
}

export function readTensors(path: string): Map<string, TensorData> {
  const { tensors } = readSafetensors(readFileSync(path));
  return new Map([...tensors].map(([name, { data }]) => [name, data as TensorData]));
}
