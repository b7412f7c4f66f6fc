/** Whether takes are copies, and whether seeds matter. */
import { describe, expect, test } from 'vitest';
import { clipSignature, signatureDistance } from '#main/ml/eval/clip-signature.ts';
import { copyScore, createNearestSearch } from '#main/ml/eval/nearest-clip.ts';
import { median } from '#shared/domain/median.ts';
import { seedDiversity } from '#main/ml/eval/seed-diversity.ts';
import { Random } from '#shared/domain/random.ts';

const size = { width: 32, height: 32 };
const random = Random.seeded(2);
/** Two frames of soft blobs. */
function picture(seed: number): Uint8Array {
  const draw = Random.seeded(seed);
  const [cx, cy] = [draw.integer(32), draw.integer(32)];
  const colour = [0, 1, 2].map(() => draw.integer(200));
  return Uint8Array.from({ length: 2 * 32 * 32 * 3 }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % 32, Math.floor(i / 96) % 32];
    return colour[c]! + 55 * Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 60);
  });
}
const grained = (frames: Uint8Array) =>
  frames.map((value) => Math.min(255, Math.max(0, value + random.integer(31) - 15)));
const signed = (frames: Uint8Array) => clipSignature(frames, size);

describe('signatures', () => {
  test('hardly see grain, and see other pictures', () => {
    const [a, b] = [picture(1), picture(2)];
    expect(signed(a)).toHaveLength(2 * 64 * 3);
    const grain = signatureDistance(signed(a), signed(grained(a)));
    expect(grain).toBeGreaterThan(0);
    expect(grain).toBeLessThan(signatureDistance(signed(a), signed(b)) / 10);
    const extremes = [new Uint8Array(a.length), new Uint8Array(a.length).fill(255)].map(signed);
    expect(signatureDistance(extremes[0]!, extremes[1]!)).toBe(1);
  });
});

describe('the nearest clip', () => {
  test('is found for each query, in whatever order clips come', () => {
    const clips = Array.from({ length: 20 }, (_, i) => picture(i + 10));
    const queries = [signed(grained(clips[13]!)), signed(clips[4]!)];
    const search = createNearestSearch<number>(queries);
    expect(search.result()).toEqual([undefined, undefined]);
    clips.forEach((frames, i) => search.offer(i, signed(frames)));
    const [grainy, same] = search.result();
    expect(grainy!.id).toBe(13);
    expect(grainy!.distance).toBeCloseTo(signatureDistance(queries[0]!, signed(clips[13]!)), 12);
    expect(same).toMatchObject({ id: 4, distance: 0 });

    const others = createNearestSearch<number>(queries, (query, id) => query !== 1 || id !== 4);
    clips.forEach((frames, i) => others.offer(i, signed(frames)));
    expect(others.result()[0]!.id).toBe(13);
    expect(others.result()[1]!.id).not.toBe(4);
  });

  test('makes a copy score of what is typical of clips that are none', () => {
    expect(copyScore(0, 0.1)).toBe(1);
    expect(copyScore(0.025, 0.1)).toBeCloseTo(0.75);
    expect(copyScore(0.1, 0.1)).toBe(0);
    expect(copyScore(0.3, 0.1)).toBe(0);
    expect(copyScore(0, 0)).toBe(1);
    expect(copyScore(0.1, 0)).toBe(0);
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(() => median([])).toThrow();
  });
});

describe('seed diversity', () => {
  const flat = (grey: number) => new Uint8Array(12).fill(grey);

  test('is the distance within prompts by that between prompts', () => {
    // Within: 10 and 20. Between: 100, 120, 90, 110 of 255.
    const diversity = seedDiversity([
      [flat(0), flat(10)],
      [flat(100), flat(120)],
    ]);
    expect(diversity).toBeCloseTo(15 / 105, 12);
    expect(seedDiversity([[flat(3), flat(3)], [flat(9)]])).toBe(0);
  });

  test('says nothing where it cannot', () => {
    expect(seedDiversity([[flat(0), flat(9)]])).toBeNull();
    expect(seedDiversity([[flat(0)], [flat(9)]])).toBeNull();
    expect(seedDiversity([[flat(1), flat(1)], [flat(1)]])).toBeNull();
    expect(seedDiversity([])).toBeNull();
  });
});
