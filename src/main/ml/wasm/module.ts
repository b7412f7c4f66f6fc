/** Writes the bytes of a WebAssembly module with one function over an imported memory (https://webassembly.github.io/spec/core/binary/). */

export const valueType = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = keyof typeof valueType;

/** Names under which a module imports its memory and exports its function. */
export const memoryImport = { module: 'host', name: 'memory' } as const;
export const functionExport = 'run';

export interface FunctionSpec {
  parameters: readonly ValueType[];
  results: readonly ValueType[];
  /** Locals after the parameters. */
  locals: readonly ValueType[];
  /** Instructions, without the final `end`. */
  code: readonly number[];
}

export function moduleBytes({ parameters, results, locals, code }: FunctionSpec): Uint8Array<ArrayBuffer> {
  const types = (list: readonly ValueType[]) => vector(list.map((type) => [valueType[type]]));
  const body = [...vector(locals.map((type) => [1, valueType[type]])), ...code, END];
  const memory = [...text(memoryImport.module), ...text(memoryImport.name), MEMORY, ...UNLIMITED];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([[FUNCTION_TYPE, ...types(parameters), ...types(results)]])),
    ...section(2, vector([memory])),
    ...section(3, vector([[0]])),
    ...section(7, vector([[...text(functionExport), 0, 0]])),
    ...section(10, vector([[...unsigned(body.length), ...body]])),
  ]);
}

/** LEB128, as all sizes and indices are written. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  do {
    const more = value > 0x7f;
    bytes.push((value & 0x7f) | (more ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
}

const END = 0x0b;
const FUNCTION_TYPE = 0x60;
const MEMORY = 0x02;
const UNLIMITED = [0, 0];

const vector = (items: readonly (readonly number[])[]) => [...unsigned(items.length), ...items.flat()];
const section = (id: number, content: readonly number[]) => [id, ...unsigned(content.length), ...content];
const text = (name: string) => vector([...new TextEncoder().encode(name)].map((byte) => [byte]));
