/** Which devices can train and sample here: what ONNX Runtime carries, and whether a small graph really runs on it. */
import { listSupportedBackends } from 'onnxruntime-node';
import type { Device, SystemInfo } from '#shared/contract/system.ts';
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
  dml: 'Graphics card (DirectML)',
  coreml: 'Apple CoreML',
};

/** Why ONNX Runtime's package for this system does not know a device. */
const missing: Record<Device, AppError> = {
  cpu: new AppError('runtime-not-starting', { detail: 'no CPU backend' }),
  webgpu: new AppError('webgpu-not-carried'),
  cuda: new AppError('device-other-system', { device: 'CUDA', systems: 'Linux x64' }),
  dml: new AppError('device-other-system', { device: 'DirectML', systems: 'Windows' }),
  coreml: new AppError('device-other-system', { device: 'CoreML', systems: 'macOS' }),
};

/** One entry a device, with the reason where it cannot be used. Takes up to seconds: it wakes the graphics driver. */
export async function probeDevices(): Promise<DeviceInfo[]> {
  const devices: DeviceInfo[] = [];
  for (const id of Object.keys(names) as Device[]) {
    const reason = (await whyNot(id))?.toWire() ?? null;
    devices.push({ id, name: names[id], available: reason === null, reason });
  }
  return devices;
}

/** Throws what is wrong with a device before work begins that it would only lose. */
export async function requireDevice(device: Device): Promise<void> {
  const reason = await whyNot(device);
  if (reason !== null) throw reason;
}

/** Null when a product of two matrices comes out right, else what went wrong. */
async function whyNot(device: Device): Promise<AppError | null> {
  // CUDA is listed where it could be installed; only a try tells whether it is.
  if (!listSupportedBackends().some(({ name }) => name === device)) return missing[device];
  try {
    const graph = new Graph(loweringFor(device));
    const a = graph.input('a', 'float32', [2, 2]);
    graph.output('product', op.matmul(a, a));
    const session = await Session.create(encodeModel(graph), { device, threads: 1 });
    const { product } = await session.run({ a: Float32Array.of(1, 2, 3, 4) });
    await session.dispose();
    if (product!.join() === '7,10,15,22') return null;
    return new AppError('device-wrong-results', { detail: product!.join(', ') });
  } catch (error) {
    const detail = String(error instanceof AppError ? error.params['detail'] : (error as Error).message);
    if (device === 'cpu') return new AppError('runtime-not-starting', { detail });
    if (device === 'cuda' && detail.includes('load shared library'))
      return new AppError('cuda-not-installed');
    return new AppError('device-not-working', { detail });
  }
}
