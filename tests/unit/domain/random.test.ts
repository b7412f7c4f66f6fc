/** The generator: known values, streams, restoring, and the shape of its distributions. */
import { describe, expect, it } from 'vitest';
import { Random } from '#shared/domain/random.ts';

describe('random', () => {
  it('is xoshiro128**: the first numbers of the reference implementation for the state 1, 2, 3, 4', () => {
    const random = Random.restored([1, 2, 3, 4]);
    expect(Array.from({ length: 6 }, () => random.uint32())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492,
    ]);
  });

  it('goes on from a stored state', () => {
    const random = Random.seeded(1);
    random.uint32();
    const copy = Random.restored(random.state);
    expect(copy.uint32()).toBe(random.uint32());
  });

  it('has independent streams', () => {
    const draw = (seed: number, stream?: string) => Random.seeded(seed, stream).uint32();
    expect(new Set([draw(1), draw(2), draw(1, 'a'), draw(1, 'b'), draw(1, 'ab'), draw(1, 'ba')]).size).toBe(
      6,
    );
    expect(draw(1, 'a')).toBe(draw(1, 'a'));
  });

  it('draws uniform and normal numbers', () => {
    const random = Random.seeded(3);
    const count = 20_000;
    let [sum, normalSum, squares] = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      const [u, z] = [random.uniform(), random.normal()];
      expect(u >= 0 && u < 1).toBe(true);
      sum += u;
      normalSum += z;
      squares += z * z;
    }
    expect(sum / count).toBeCloseTo(0.5, 1);
    expect(normalSum / count).toBeCloseTo(0, 1);
    expect(squares / count).toBeCloseTo(1, 1);
  });

  it('shuffles: nothing lost, all orders reached', () => {
    const random = Random.seeded(4);
    const orders = new Set(Array.from({ length: 200 }, () => random.shuffle([1, 2, 3]).join()));
    expect(orders.size).toBe(6);
  });
});
