/**
 * Float32 tensors that lie in memory of WebAssembly, where ONNX Runtime reads and writes them in place, and kernels that
 * work on them there: one pass over memory for an update that takes fifteen as nodes of a graph.
 */
import { BLOCK } from '#main/ml/wasm/element-kernel.ts';
import { functionExport, memoryImport } from '#main/ml/wasm/module.ts';

const PAGE_BYTES = 65_536;
/** What 32-bit addresses reach. */
const MAX_PAGES = 65_536;
/** A row of the cache: tensors do not share one. */
const ALIGNMENT = 64;

export interface HostTensor {
  readonly data: Float32Array;
  /** Address in `memory`, in bytes. */
  readonly address: number;
  /** Elements with the padding of zeros behind `data`, a multiple of `BLOCK`. */
  readonly padded: number;
  readonly memory: WebAssembly.Memory;
}

/** `count` tensors of `length` zeros that kernels can work on together. */
export interface Row {
  length: number;
  count: number;
}

/** Each row lies in one memory; there are as many memories as are needed. The pages of tensors never written take no space. */
export function allocateRows(rows: readonly Row[]): HostTensor[][] {
  const bytesOf = ({ length }: Row) => Math.max(1, Math.ceil((4 * length) / ALIGNMENT)) * ALIGNMENT;
  const groups: Row[][] = [];
  let room = 0;
  for (const row of rows) {
    const bytes = bytesOf(row) * row.count;
    if (bytes > room) {
      groups.push([]);
      room = MAX_PAGES * PAGE_BYTES;
    }
    groups.at(-1)!.push(row);
    room -= bytes;
  }
  return groups.flatMap((group) => {
    const total = group.reduce((sum, row) => sum + bytesOf(row) * row.count, 0);
    const memory = new WebAssembly.Memory({ initial: Math.ceil(total / PAGE_BYTES) });
    let address = 0;
    return group.map((row) =>
      Array.from({ length: row.count }, (): HostTensor => {
        const at = address;
        address += bytesOf(row);
        const padded = Math.ceil(row.length / BLOCK) * BLOCK;
        return { data: new Float32Array(memory.buffer, at, row.length), address: at, padded, memory };
      }),
    );
  });
}

/** A compiled kernel; runs on tensors of whichever memory. */
export class HostKernel {
  readonly #module: WebAssembly.Module;
  readonly #functions = new Map<WebAssembly.Memory, (...numbers: number[]) => number | undefined>();

  /** `bytes`: of a module as `elementKernel` or `sumSquaresKernel` write it. */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#module = new WebAssembly.Module(bytes);
  }

  /** The tensors must be of one row. Scalars are rounded to float32. Returns what the kernel returns. */
  run(tensors: readonly HostTensor[], scalars: readonly number[] = []): number | undefined {
    const [{ memory, padded }] = tensors as [HostTensor];
    if (tensors.some((tensor) => tensor.memory !== memory || tensor.padded !== padded))
      throw new Error('the tensors of a kernel must be of one row');
    if (padded === 0) return 0;
    // Addresses are unsigned; beyond 2 GiB the engine takes them as negative.
    const addresses = tensors.map(({ address }) => address | 0);
    return this.#functionFor(memory)(...addresses, padded, ...scalars);
  }

  #functionFor(memory: WebAssembly.Memory) {
    const known = this.#functions.get(memory);
    if (known) return known;
    const imports = { [memoryImport.module]: { [memoryImport.name]: memory } };
    const instance = new WebAssembly.Instance(this.#module, imports);
    const run = instance.exports[functionExport] as (...numbers: number[]) => number | undefined;
    this.#functions.set(memory, run);
    return run;
  }
}
