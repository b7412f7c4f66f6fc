/** The few instructions that kernels need, as bytes; SIMD ones work on four float32 at once. */
import { unsigned } from './module.ts';

type Code = readonly number[];

const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
/** A memory access at the address on the stack; the alignment is a hint only. */
const access = (opcode: number, offset = 0): Code => [...simd(opcode), 0, ...unsigned(offset)];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number): Code => [0x21, ...unsigned(local)];
/** The int32 `value` must be 0 … 63. */
export const int32 = (value: number): Code => [0x41, value];
export const float32 = (value: number): Code => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)];
export const addInt32: Code = [0x6a];
export const subInt32: Code = [0x6b];
export const addFloat64: Code = [0xa0];

export const load = access(0x00);
export const store = access(0x0b);
/** Two float32 at address + `offset` as two float64. */
export const loadTwo = (offset: number): Code => [...access(0x5d, offset), ...simd(0x5f)];
export const splat = simd(0x13);
export const and = simd(0x4e);
export const f32x4 = {
  lt: simd(0x43),
  gt: simd(0x44),
  sqrt: simd(0xe3),
  add: simd(0xe4),
  sub: simd(0xe5),
  mul: simd(0xe6),
  div: simd(0xe7),
} as const;
export const f64x2 = { add: simd(0xf0), mul: simd(0xf2) } as const;
export const laneOfFloat64 = (lane: number): Code => [...simd(0x21), lane];

/** Repeats `body` while the local `count`, lowered by `step` each time, is not 0; at least once. */
export const countDown = (count: number, step: number, body: Code): Code => [
  ...[0x03, 0x40],
  ...body,
  ...[...get(count), ...int32(step), ...subInt32, 0x22, ...unsigned(count)],
  ...[0x0d, 0],
  0x0b,
];

/** Adds `bytes` to the local. */
export const advance = (local: number, bytes: number): Code => [
  ...get(local),
  ...int32(bytes),
  ...addInt32,
  ...set(local),
];
