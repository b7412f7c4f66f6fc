/** ONNX Runtime behind a small face: models in, tensors by name in and out. Only `devices.ts` beside it knows the library. */
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import type { Device } from '#shared/contract/system.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { InputType, TensorData, TensorType } from '#main/ml/onnx/dtype.ts';
import { sizeOf, zeros } from '#main/ml/onnx/dtype.ts';
import type { Model } from '#main/ml/onnx/encode.ts';
import type { Lowering } from '#main/ml/onnx/graph.ts';

/** A tensor as ONNX Runtime holds it, in the memory of the machine or of the device. */
export type RuntimeTensor = Tensor;

export interface Compute {
  device: Device;
  /** Threads inside an operator; only the CPU uses them. */
  threads: number;
}

interface SessionOptions extends Compute {
  /** Outputs that stay in the memory of the device and come back as tensors to be fed again; see `keepsTensors`. */
  keepOnDevice?: readonly string[];
  /** Writes a trace of every node to a file with this prefix; see `endProfiling`. */
  profilePrefix?: string;
}

/**
 * Which operators a graph for `device` may use. CUDA, DirectML and CoreML get those of the CPU: where they have no kernel for
 * a node, ONNX Runtime runs it on the CPU and copies its tensors.
 */
export function loweringFor(device: Device): Lowering {
  return device === 'webgpu' ? 'webgpu' : 'cpu';
}

/** Whether tensors can stay in the memory of the device from run to run: ONNX Runtime's Node.js binding offers it for WebGPU alone. */
export function keepsTensors(device: Device): boolean {
  return device === 'webgpu';
}

/** The type of so many values: along an open axis there may be fewer than its size. */
function fitting({ dtype, shape, open }: InputType, length: number): TensorType {
  if (!open) return { dtype, shape };
  const others = shape.reduce((product, size, axis) => (axis === open.axis ? product : product * size), 1);
  const size = Math.min(length / others, shape[open.axis]!);
  return { dtype, shape: shape.with(open.axis, size) };
}

/** Of ONNX Runtime. */
export const runtimeVersion: string = env.versions.node ?? env.versions.common;

/** A tensor over `data`, which is not copied: what is written to it later is what the next run reads. */
export function hostTensor({ dtype, shape }: TensorType, data: TensorData): RuntimeTensor {
  if (data.length !== sizeOf(shape))
    throw new Error(`${data.length} values for a tensor of shape [${shape.join(', ')}]`);
  if (data instanceof Float16Array)
    throw new Error('Half precision is for values inside a graph: the Node.js binding takes none');
  return new Tensor(dtype, data, shape);
}

export function zeroTensor(type: TensorType): RuntimeTensor {
  return hostTensor(type, zeros(type.dtype, sizeOf(type.shape)));
}

export class Session {
  readonly model: Model;
  readonly #session: InferenceSession;
  readonly #device: Device;

  private constructor(model: Model, session: InferenceSession, device: Device) {
    this.model = model;
    this.#device = device;
    this.#session = session;
  }

  /** Throws `device-unavailable` when the device cannot run the model. */
  static async create(model: Model, options: SessionOptions): Promise<Session> {
    try {
      return new Session(
        model,
        await InferenceSession.create(model.bytes, sessionOptions(options)),
        options.device,
      );
    } catch (error) {
      if (options.device === 'cpu') throw error;
      throw new AppError('device-unavailable', { device: options.device, detail: plainReason(error) });
    }
  }

  /** All outputs by name. Data is read in place; its length must be that of the input. */
  async run(feeds: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>> {
    const results = await this.runTensors(this.tensors(feeds));
    return Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => [name, tensor.data as TensorData]),
    );
  }

  /** Typed arrays as tensors of this model's inputs; what its outputs do not need was left out of it and is passed over. */
  tensors(feeds: Readonly<Record<string, TensorData>>): Record<string, RuntimeTensor> {
    return Object.fromEntries(
      Object.entries(feeds).flatMap(([name, data]) => {
        const type = this.model.inputs.get(name);
        return type === undefined ? [] : [[name, hostTensor(fitting(type, data.length), data)]];
      }),
    );
  }

  /**
   * Like `run`, over tensors. Outputs named in `fetches` are written into those tensors, without a copy on the CPU. Throws
   * `device-failed` when another device than the CPU breaks down, e.g. because its memory runs out.
   */
  async runTensors(
    feeds: Readonly<Record<string, RuntimeTensor>>,
    fetches: Readonly<Record<string, RuntimeTensor>> = {},
  ): Promise<Record<string, RuntimeTensor>> {
    const targets = Object.fromEntries(
      [...this.model.outputs.keys()].map((name) => [name, fetches[name] ?? null]),
    );
    try {
      return await this.#session.run(feeds, targets);
    } catch (error) {
      if (this.#device === 'cpu') throw error;
      throw new AppError('device-failed', { device: this.#device, detail: plainReason(error) });
    }
  }

  endProfiling(): void {
    this.#session.endProfiling();
  }

  async dispose(): Promise<void> {
    await this.#session.release();
  }
}

function sessionOptions({ device, threads, keepOnDevice = [], profilePrefix }: SessionOptions) {
  return {
    executionProviders: [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    // Planning one block for all tensors of a run keeps that block beside the arena of the first run: 0.7 GB more for a
    // training step of 12M parameters, and no faster.
    enableMemPattern: false,
    // 3: errors only. Warnings are about constants that were folded and the like.
    logSeverityLevel: 3,
    ...(keepOnDevice.length === 0
      ? {}
      : { preferredOutputLocation: Object.fromEntries(keepOnDevice.map((name) => [name, 'gpu-buffer'])) }),
    ...(profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: profilePrefix }),
  } as InferenceSession.SessionOptions;
}

/** ONNX Runtime's messages begin with source file and condition; what helps comes after them. */
function plainReason(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line.replace(/^.* was false\. /, '').replace(/\.$/, '');
}
