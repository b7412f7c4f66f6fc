import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readSafetensors,
  SafetensorsError,
  writeSafetensors,
  type SafeTensor,
} from '#main/ml/format/safetensors.ts';

/** A file from a header and data, as any program might write it. */
function fileOf(header: unknown, dataBytes = 0, lengthOverride?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, lengthOverride ?? BigInt(json.length), true);
  file.set(json, 8);
  return file;
}

const f32 = (shape: number[], offsets: unknown) => ({ dtype: 'F32', shape, data_offsets: offsets });

const anyTensor: fc.Arbitrary<SafeTensor> = fc
  .array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 })
  .chain((shape) => {
    const length = shape.reduce((product, size) => product * size, 1);
    const exactly = { minLength: length, maxLength: length };
    return fc.oneof(
      fc.float32Array(exactly).map((data) => ({ dtype: 'F32', shape, data }) as const),
      fc.int32Array(exactly).map((data) => ({ dtype: 'I32', shape, data }) as const),
      fc.uint8Array(exactly).map((data) => ({ dtype: 'U8', shape, data }) as const),
      fc.bigInt64Array(exactly).map((data) => ({ dtype: 'I64', shape, data }) as const),
      fc.uint16Array(exactly).map((data) => ({ dtype: 'BF16', shape, data }) as const),
    );
  });

const name = fc.string({ unit: 'binary' }).filter((text) => text !== '__metadata__' && text !== '__proto__');

describe('safetensors', () => {
  test('what is written is read back, with metadata', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, anyTensor)),
        fc.dictionary(name, fc.string(), { noNullPrototype: true }),
        (entries, metadata) => {
          const tensors = new Map(entries);
          const back = readSafetensors(writeSafetensors(tensors, metadata));
          expect(back.tensors).toEqual(tensors);
          expect(back.metadata).toEqual(metadata);
        },
      ),
    );
  });

  test('the layout is that of the format: aligned header, little-endian data, widest types first', () => {
    const file = writeSafetensors(
      new Map<string, SafeTensor>([
        ['bytes', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) }],
        ['floats', { dtype: 'F32', shape: [1], data: Float32Array.of(1) }],
      ]),
    );
    const headerBytes = Number(new DataView(file.buffer).getBigUint64(0, true));
    expect(headerBytes % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerBytes)));
    expect(header).toEqual({
      floats: f32([1], [0, 4]),
      bytes: { dtype: 'U8', shape: [3], data_offsets: [4, 7] },
    });
    expect([...file.subarray(8 + headerBytes)]).toEqual([0, 0, 0x80, 0x3f, 1, 2, 3]);
  });

  test('a Buffer at any offset of its memory is read as well as a Uint8Array', () => {
    const tensors = new Map([['w', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) } as const]]);
    const file = Buffer.concat([Buffer.alloc(3), writeSafetensors(tensors)]).subarray(3);
    expect(readSafetensors(file).tensors).toEqual(tensors);
  });

  test.each([
    ['an empty file', new Uint8Array(0), /no header/],
    ['a header over the limit', fileOf({}, 0, 100_000_001n), /over the limit/],
    ['a header of 2⁶⁴−1 bytes', fileOf({}, 0, 0xffffffffffffffffn), /over the limit/],
    ['a header past the end', fileOf({}, 0, 3n), /past the end of the file/],
    ['a header that is no JSON', fileOf('{"a":'), /not JSON/],
    ['a header that is a list', fileOf([]), /not a JSON object/],
    ['a header that starts with a space', fileOf(' {}'), /not a JSON object/],
    ['metadata that is not text', fileOf({ __metadata__: { a: 1 } }), /"__metadata__.a" is not a string/],
    ['an unknown type', fileOf({ w: { dtype: 'F7', shape: [], data_offsets: [0, 0] } }), /"w"\.dtype/],
    ['a negative size', fileOf({ w: f32([-1], [0, 4]) }, 4), /"w"\.shape/],
    ['a fractional size', fileOf({ w: f32([0.5], [0, 2]) }, 2), /"w"\.shape/],
    ['one offset', fileOf({ w: f32([1], [0]) }, 4), /"w"\.data_offsets.*pair/],
    ['offsets in reverse', fileOf({ w: f32([1], [4, 0]) }, 4), /"w"\.data_offsets: 4 is after 0/],
    ['offsets past the end', fileOf({ w: f32([2], [0, 8]) }, 4), /"w"\.data_offsets.*past the end/],
    ['a shape that does not fit', fileOf({ w: f32([3], [0, 8]) }, 8), /"w"\.data_offsets: 8 bytes where/],
    ['a shape that overflows', fileOf({ w: f32([2 ** 40, 2 ** 40], [0, 4]) }, 4), /"w"\.data_offsets/],
    ['overlap', fileOf({ a: f32([2], [0, 8]), b: f32([1], [4, 8]) }, 8), /"b"\.data_offsets: overlaps/],
    ['a hole', fileOf({ a: f32([1], [0, 4]), b: f32([1], [8, 12]) }, 12), /"b".*hole before byte 8/],
    ['data of no tensor', fileOf({ a: f32([1], [0, 4]) }, 6), /2 bytes at the end/],
    [
      'a name twice',
      fileOf(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
        2,
      ),
      /hole/,
    ],
  ])('refuses %s', (_, file, message) => {
    expect(() => readSafetensors(file)).toThrow(SafetensorsError);
    expect(() => readSafetensors(file)).toThrow(message);
  });

  test('a file changed anywhere in its header is refused or still well formed, never an unexpected error', () => {
    const intact = writeSafetensors(
      new Map<string, SafeTensor>([
        ['a', { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
        ['b', { dtype: 'U8', shape: [4], data: Uint8Array.of(1, 2, 3, 4) }],
      ]),
    );
    fc.assert(
      fc.property(
        fc.nat({ max: intact.length - 1 }),
        fc.nat({ max: 255 }),
        fc.nat({ max: 40 }),
        (at, byte, cut) => {
          const changed = intact.slice(0, intact.length - cut);
          changed[Math.min(at, changed.length - 1)] = byte;
          try {
            for (const { shape, data } of readSafetensors(changed).tensors.values()) {
              expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
            }
          } catch (error) {
            expect(error).toBeInstanceOf(SafetensorsError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('refuses to write a shape that its data does not fill', () => {
    const tensors = new Map([['w', { dtype: 'U8', shape: [3], data: new Uint8Array(2) } as const]]);
    expect(() => writeSafetensors(tensors)).toThrow('"w"');
  });
});
