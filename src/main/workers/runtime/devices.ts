/** Which devices can train and sample here: what ONNX Runtime carries, and whether a small graph really runs on it. */
import { listSupportedBackends } from 'onnxruntime-node';
import type { Device, SystemInfo } from '#shared/contract/system.ts';
import type { WireError } from '#shared/contract/common.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { encodeModel } from '#main/ml/onnx/encode.ts';
import { Graph } from '#main/ml/onnx/graph.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { loweringFor, Session } from './session.ts';

type DeviceInfo = SystemInfo['devices'][number];

const names: Record<Device, string> = {
  cpu: 'CPU',
  webgpu: 'Graphics card (WebGPU)',
  cuda: 'NVIDIA graphics card (CUDA)',
};

const missing: Record<Device, AppError> = {
  cpu: new AppError('runtime-not-starting', { detail: 'no CPU backend' }),
  webgpu: new AppError('webgpu-not-carried'),
  cuda: new AppError('cuda-not-installed'),
};

/** One entry a device, with the reason where it cannot be used. Takes up to seconds: it wakes the graphics driver. */
export async function probeDevices(): Promise<DeviceInfo[]> {
  const carried = new Set(listSupportedBackends().flatMap(({ name, bundled }) => (bundled ? [name] : [])));
  const devices: DeviceInfo[] = [];
  for (const id of Object.keys(names) as Device[]) {
    const reason = carried.has(id) ? await tryDevice(id) : missing[id].toWire();
    devices.push({ id, name: names[id], available: reason === null, reason });
  }
  return devices;
}

/** Null when a product of two matrices comes out right, else what went wrong. */
async function tryDevice(device: Device): Promise<WireError | null> {
  try {
    const graph = new Graph(loweringFor(device));
    const a = graph.input('a', 'float32', [2, 2]);
    graph.output('product', op.matmul(a, a));
    const session = await Session.create(encodeModel(graph), { device, threads: 1 });
    const { product } = await session.run({ a: Float32Array.of(1, 2, 3, 4) });
    await session.dispose();
    if (product!.join() === '7,10,15,22') return null;
    return new AppError('device-wrong-results', { detail: product!.join(', ') }).toWire();
  } catch (error) {
    const detail = error instanceof AppError ? error.params['detail']! : (error as Error).message;
    if (device === 'cpu') return new AppError('runtime-not-starting', { detail }).toWire();
    return new AppError('device-not-working', { detail }).toWire();
  }
}
