/** Hashes survive small changes; groups join what shows the same, and only that. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALIKE_BITS, groupClips, nearDuplicatePairs } from '#shared/domain/near-duplicates.ts';
import { hammingDistance, HASH_SIDE, perceptualHash } from '#shared/domain/perceptual-hash.ts';

const hash = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((n) => n.toString(16).padStart(16, '0'));

function slowDistance(a: string, b: string): number {
  return [...(BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2)].filter((bit) => bit === '1').length;
}

/** A soft picture of a few waves, so that it has low frequencies to hash. */
function picture(seed: number): Float64Array {
  return Float64Array.from({ length: HASH_SIDE ** 2 }, (_, i) => {
    const [y, x] = [Math.floor(i / HASH_SIDE) / HASH_SIDE, (i % HASH_SIDE) / HASH_SIDE];
    const waves = [1, 2, 3, 4, 5].map(
      (n) => Math.sin(n * 2.1 * x + seed * n * n) * Math.cos(n * 1.7 * y + seed * 3 * n),
    );
    return 128 + 20 * waves.reduce((sum, wave) => sum + wave, 0);
  });
}

describe('perceptualHash', () => {
  test('half of the bits are set, and brightness and contrast change nothing', () => {
    const original = perceptualHash(picture(1));
    expect(original).toMatch(/^[0-9a-f]{16}$/);
    expect(hammingDistance(original, '0000000000000000')).toBe(32);
    expect(perceptualHash(picture(1).map((v) => 0.7 * v + 30))).toBe(original);
  });

  test('noise changes few bits, another picture many', () => {
    const noisy = picture(1).map((v, i) => v + 4 * Math.sin(i * 12.9898));
    expect(hammingDistance(perceptualHash(picture(1)), perceptualHash(noisy))).toBeLessThanOrEqual(
      ALIKE_BITS,
    );
    expect(hammingDistance(perceptualHash(picture(1)), perceptualHash(picture(2)))).toBeGreaterThan(15);
  });

  test('the distance counts bits', () => {
    fc.assert(
      fc.property(hash, hash, (a, b) => {
        expect(hammingDistance(a, b)).toBe(slowDistance(a, b));
      }),
    );
  });

  test('what is no hash, and pictures of another size, are refused', () => {
    expect(() => hammingDistance('00', '0000000000000000')).toThrow(RangeError);
    expect(() => perceptualHash([1, 2, 3])).toThrow(RangeError);
  });
});

describe('groups', () => {
  const clip = (id: string, assetId: string, ...perceptualHashes: string[]) => ({
    id,
    assetId,
    perceptualHashes,
  });

  test('clips of one asset, near-duplicates, and chains of both are one group', () => {
    const groups = groupClips([
      clip('4', 'film', '0f0f0f0f0f0f0f0f'),
      clip('3', 'film', 'aaaaaaaaaaaaaaaa'),
      clip('2', 'copy', 'aaaaaaaaaaaaaaab'),
      clip('1', 'other', '123456789abcdef0'),
    ]);
    expect([...groups]).toEqual([
      ['4', '2'],
      ['3', '2'],
      ['2', '2'],
      ['1', '1'],
    ]);
  });

  test('a shared moment is not enough, and flat clips never join', () => {
    const pairs = nearDuplicatePairs([
      { perceptualHashes: ['0000000000000000', 'ffffffffffffffff', '00000000ffffffff'] },
      { perceptualHashes: ['0000000000000000', 'ffff0000ffff0000', '0f0f0f0f0f0f0f0f'] },
      { perceptualHashes: [] },
      { perceptualHashes: [] },
    ]);
    expect(pairs).toEqual([]);
  });

  test('a shifted clip joins: the frames are the same at other times', () => {
    const frames = ['0000000000000000', 'ffffffffffffffff', '00000000ffffffff', '0f0f0f0f0f0f0f0f'];
    expect(
      nearDuplicatePairs([
        { perceptualHashes: frames },
        { perceptualHashes: [...frames.slice(1), 'ffff0000ffff0000'] },
      ]),
    ).toEqual([[0, 1]]);
  });

  test('the index finds exactly what comparing all pairs finds', () => {
    const flips = fc.uniqueArray(fc.integer({ min: 0, max: 63 }), { maxLength: 9 });
    const near = fc.tuple(hash, fc.array(flips, { minLength: 1, maxLength: 8 })).map(([base, variants]) =>
      variants.map((bits) =>
        bits
          .reduce((n, bit) => n ^ (1n << BigInt(bit)), BigInt(`0x${base}`))
          .toString(16)
          .padStart(16, '0'),
      ),
    );
    fc.assert(
      fc.property(fc.array(near, { minLength: 1, maxLength: 4 }), (families) => {
        const clips = families.flat().map((one) => ({ perceptualHashes: [one] }));
        const expected: [number, number][] = [];
        clips.forEach((a, i) =>
          clips.forEach((b, j) => {
            const distance = slowDistance(a.perceptualHashes[0]!, b.perceptualHashes[0]!);
            if (i < j && distance <= ALIKE_BITS) expected.push([i, j]);
          }),
        );
        const byIndex = (p: [number, number], q: [number, number]) => p[0] - q[0] || p[1] - q[1];
        expect(nearDuplicatePairs(clips).sort(byIndex)).toEqual(expected.sort(byIndex));
      }),
    );
  });
});
