/** Named float32 tensors that each training step replaces: twins that swap roles on the CPU, device buffers on a GPU. */
import type { Shape } from '#main/ml/onnx/dtype.ts';
import { readBack } from './read-back.ts';
import { type Compute, hostTensor, type RuntimeTensor, zeroTensor } from './session.ts';

interface Entry {
  current: RuntimeTensor;
  /** CPU: where the next value is written. */
  spare: RuntimeTensor | undefined;
  /** GPU: what the entry goes back to when cleared; shared by all runs, never disposed before the end. */
  zero: RuntimeTensor | undefined;
}

export class TensorStore {
  readonly #compute: Compute;
  readonly #entries = new Map<string, Entry>();

  constructor(compute: Compute) {
    this.#compute = compute;
  }

  get #onDevice(): boolean {
    return this.#compute.device !== 'cpu';
  }

  /** Stores a copy of `values`. */
  set(name: string, shape: Shape, values: Float32Array): void {
    const type = { dtype: 'float32', shape } as const;
    this.#entries.set(name, {
      current: hostTensor(type, values.slice()),
      spare: this.#onDevice ? undefined : zeroTensor(type),
      zero: undefined,
    });
  }

  /** Stores zeros, to which `clear` can return. */
  setZero(name: string, shape: Shape): void {
    const type = { dtype: 'float32', shape } as const;
    const zero = zeroTensor(type);
    this.#entries.set(
      name,
      this.#onDevice
        ? { current: zero, spare: undefined, zero }
        : { current: zero, spare: zeroTensor(type), zero: undefined },
    );
  }

  current(name: string): RuntimeTensor {
    return this.#entry(name).current;
  }

  /** The tensor to write the next value into; undefined when the runtime allocates it on the device. */
  spare(name: string): RuntimeTensor | undefined {
    return this.#entry(name).spare;
  }

  /** Makes `next`, written by a run, the current value. */
  replace(name: string, next: RuntimeTensor): void {
    const entry = this.#entry(name);
    const old = entry.current;
    if (entry.spare === undefined) {
      if (old !== entry.zero) old.dispose();
      entry.current = next;
    } else {
      // The runtime hands out a new object over the same memory; ours stays the one to reuse.
      entry.current = entry.spare;
      entry.spare = old;
    }
  }

  clear(name: string): void {
    const entry = this.#entry(name);
    if (entry.zero === undefined) {
      (entry.current.data as Float32Array).fill(0);
    } else {
      if (entry.current !== entry.zero) entry.current.dispose();
      entry.current = entry.zero;
    }
  }

  /** Copies of the current values, by name. */
  async read(names: readonly string[]): Promise<Map<string, Float32Array>> {
    const tensors = Object.fromEntries(names.map((name) => [name, this.current(name)]));
    if (this.#onDevice) return readBack(tensors, this.#compute);
    return new Map(names.map((name) => [name, (tensors[name]!.data as Float32Array).slice()]));
  }

  dispose(): void {
    for (const { current, spare, zero } of this.#entries.values())
      for (const tensor of new Set([current, spare, zero])) tensor?.dispose();
    this.#entries.clear();
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new Error(`there is no tensor “${name}”`);
    return entry;
  }
}
