/**
 * Reads and writes safetensors: named tensors in one file, an 8-byte length, a JSON header and the raw little-endian data.
 * Format: https://github.com/huggingface/safetensors#format. Reading trusts nothing: what does not fit is refused by name.
 */

const DTYPES = {
  F64: Float64Array,
  F32: Float32Array,
  /** Raw bits of half and bfloat16 numbers. */
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

type Dtype = keyof typeof DTYPES;

export type SafeTensor = {
  [D in Dtype]: { dtype: D; shape: readonly number[]; data: Arrays[D] };
}[Dtype];

interface Arrays {
  F64: Float64Array;
  F32: Float32Array;
  F16: Uint16Array;
  BF16: Uint16Array;
  I64: BigInt64Array;
  U64: BigUint64Array;
  I32: Int32Array;
  U32: Uint32Array;
  I16: Int16Array;
  U16: Uint16Array;
  I8: Int8Array;
  U8: Uint8Array;
  BOOL: Uint8Array;
}

export interface SafetensorsFile {
  tensors: Map<string, SafeTensor>;
  metadata: Record<string, string>;
}

/** A file that does not keep to the format; the message names the tensor and the field. */
export class SafetensorsError extends Error {
  override name = 'SafetensorsError';
}

/** As in the reference implementation: larger headers are refused before they are parsed. */
const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;
const METADATA_KEY = '__metadata__';

export function writeSafetensors(
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: Record<string, string> = {},
): Uint8Array {
  const parts = safetensorsParts(tensors, metadata);
  const file = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** The same file as pieces to be written one after another: its header, then the memory of each tensor itself. */
export function safetensorsParts(
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: Record<string, string> = {},
): Uint8Array[] {
  // Widest elements first keeps every tensor aligned to its element size; names decide among equals.
  const entries = [...tensors].toSorted(
    ([nameA, a], [nameB, b]) =>
      b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT || (nameA < nameB ? -1 : 1),
  );
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header[METADATA_KEY] = metadata;
  let end = 0;
  for (const [name, { dtype, shape, data }] of entries) {
    if (name === METADATA_KEY) throw new SafetensorsError(`"${METADATA_KEY}" cannot name a tensor`);
    if (elementCount(shape) !== data.length) {
      throw new SafetensorsError(`"${name}": shape [${shape.join()}] does not hold ${data.length} elements`);
    }
    header[name] = { dtype, shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }

  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES;
  const start = new Uint8Array(LENGTH_BYTES + headerBytes).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(headerBytes), true);
  start.set(json, LENGTH_BYTES);
  return [
    start,
    ...entries.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ];
}

/** Throws {@link SafetensorsError} unless every byte of the data belongs to exactly one well-formed tensor. */
export function readSafetensors(file: Uint8Array): SafetensorsFile {
  if (file.length < LENGTH_BYTES) throw new SafetensorsError(`file of ${file.length} bytes has no header`);
  const headerBytes = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (headerBytes > MAX_HEADER_BYTES) {
    throw new SafetensorsError(`header length ${headerBytes} is over the limit of ${MAX_HEADER_BYTES}`);
  }
  const dataStart = LENGTH_BYTES + Number(headerBytes);
  if (dataStart > file.length) {
    throw new SafetensorsError(`header length ${headerBytes} is past the end of the file`);
  }

  const header = parseHeader(file.subarray(LENGTH_BYTES, dataStart));
  const data = file.subarray(dataStart);
  const tensors = new Map<string, SafeTensor>();
  const places: { name: string; begin: number; end: number }[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA_KEY) {
      metadata = parseMetadata(value);
      continue;
    }
    const { dtype, shape, begin, end } = parseTensorInfo(name, value, data.length);
    // A copy: offsets in a file need not be aligned, and the file's memory can be let go.
    // (Not `slice`: that of a Node Buffer does not copy.)
    const bytes = new Uint8Array(data.subarray(begin, end));
    const TypedArray = DTYPES[dtype];
    tensors.set(name, { dtype, shape, data: new TypedArray(bytes.buffer) } as SafeTensor);
    places.push({ name, begin, end });
  }
  checkCoverage(places, data.length);
  return { tensors, metadata };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new SafetensorsError(`header is not JSON: ${(error as Error).message}`);
  }
  if (!isRecord(header) || bytes[0] !== 0x7b) throw new SafetensorsError('header is not a JSON object');
  return header;
}

function parseMetadata(value: unknown): Record<string, string> {
  if (!isRecord(value)) throw new SafetensorsError(`"${METADATA_KEY}" is not an object`);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw new SafetensorsError(`"${METADATA_KEY}.${key}" is not a string`);
  }
  return value as Record<string, string>;
}

function parseTensorInfo(name: string, value: unknown, dataBytes: number) {
  const refuse = (field: string, problem: string) => new SafetensorsError(`"${name}".${field}: ${problem}`);
  if (!isRecord(value)) throw new SafetensorsError(`"${name}" is not an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPES, dtype)) {
    throw refuse('dtype', `${JSON.stringify(dtype)} is not a known type`);
  }
  if (!isSizes(shape)) throw refuse('shape', `${JSON.stringify(shape)} is not a list of sizes`);
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw refuse('data_offsets', `${JSON.stringify(offsets)} is not a pair of offsets`);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end) throw refuse('data_offsets', `${begin} is after ${end}`);
  if (end > dataBytes)
    throw refuse('data_offsets', `${end} is past the end of the data (${dataBytes} bytes)`);
  const wanted = elementCount(shape) * DTYPES[dtype as Dtype].BYTES_PER_ELEMENT;
  if (wanted !== end - begin) {
    throw refuse('data_offsets', `${end - begin} bytes where ${dtype} [${shape.join()}] takes ${wanted}`);
  }
  return { dtype: dtype as Dtype, shape, begin, end };
}

/** No overlaps and no holes; a name given twice leaves a hole too, since JSON keeps only the last. */
function checkCoverage(places: { name: string; begin: number; end: number }[], dataBytes: number): void {
  let covered = 0;
  for (const { name, begin, end } of places.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < covered) throw new SafetensorsError(`"${name}".data_offsets: overlaps another tensor`);
    if (begin > covered)
      throw new SafetensorsError(`"${name}".data_offsets: leaves a hole before byte ${begin}`);
    covered = end;
  }
  if (covered !== dataBytes) {
    throw new SafetensorsError(`data_offsets: ${dataBytes - covered} bytes at the end belong to no tensor`);
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

const elementCount = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
