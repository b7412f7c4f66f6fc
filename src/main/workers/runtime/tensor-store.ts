/** Named float32 tensors that each training step replaces: twins that swap roles on the CPU, device buffers on a GPU. */
import type { Shape } from '#main/ml/onnx/dtype.ts';
import { readBack, upload, type Uploaded } from './device-memory.ts';
import { type Compute, hostTensor, keepsTensors, type RuntimeTensor, zeroTensor } from './session.ts';

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
  #uploaded: Uploaded | undefined;

  constructor(compute: Compute) {
    this.#compute = compute;
  }

  get #onDevice(): boolean {
    return keepsTensors(this.#compute.device);
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

  /** Moves what was stored to the device, if it keeps tensors. Zeros of one shape share a buffer. */
  async moveToDevice(): Promise<void> {
    if (!this.#onDevice) return;
    const keyOf = (name: string, { zero }: Entry) => (zero ? `zero/${zero.dims.join('x')}` : name);
    const entries = [...this.#entries];
    const unique = Object.fromEntries(entries.map(([name, entry]) => [keyOf(name, entry), entry.current]));
    this.#uploaded = await upload(unique, this.#compute);
    for (const [name, entry] of entries) {
      entry.current = this.#uploaded.tensors[keyOf(name, entry)]!;
      if (entry.zero !== undefined) entry.zero = entry.current;
    }
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

  /** Before the sessions that made the tensors are disposed of. */
  async dispose(): Promise<void> {
    const entries = [...this.#entries.values()];
    const tensors = new Set(entries.flatMap(({ current, spare, zero }) => [current, spare, zero]));
    for (const tensor of tensors) tensor?.dispose();
    this.#entries.clear();
    await this.#uploaded?.release();
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new Error(`there is no tensor “${name}”`);
    return entry;
  }
}
