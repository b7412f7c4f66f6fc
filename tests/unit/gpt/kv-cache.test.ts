/** The KV cache puts keys and values of each head behind those that are there, opens the mask for them, and grows with them. */
import { describe, expect, it } from 'vitest';
import { KvCache } from '#main/ml/gpt/kv-cache.ts';
import { gptShape } from '#main/ml/gpt/shape.ts';

const shape = gptShape(
  { order: 'frame', width: 4, heads: 2, depth: 1, textLength: 4, textVocabulary: 300, textFeatures: 0 },
  { strideT: 4, strideS: 8, levels: [3] },
  { frames: 5, size: 16 },
  270,
);

describe('the KV cache', () => {
  it('appends head by head', () => {
    const cache = new KvCache(shape, 1, 3);
    // One head a line; a token has two numbers a head.
    cache.readPrefix({
      'k.0': Float32Array.of(1, 2, 5, 6),
      'v.0': Float32Array.of(0, 0, 0, 0),
    });
    cache.commit({
      'next-k.0': Float32Array.of(3, 4, 7, 8),
      'next-v.0': Float32Array.of(9, 9, 9, 9),
    });
    expect([cache.length, cache.places]).toEqual([2, 3]);
    expect([...cache.feeds['k.0']!]).toEqual([1, 2, 3, 4, 0, 0, 5, 6, 7, 8, 0, 0]);
    expect([...cache.feeds['v.0']!]).toEqual([0, 0, 9, 9, 0, 0, 0, 0, 9, 9, 0, 0]);
    expect([...cache.feeds['mask']!]).toEqual([0, 0, -1e9]);
  });

  it('is as long as what it holds, frame by frame, and grows in stretches, token by token', () => {
    const outputs = (tokens: number) => {
      const data = Float32Array.from({ length: 4 * tokens }, (_, i) => i);
      return { 'k.0': data, 'v.0': data, 'next-k.0': data, 'next-v.0': data };
    };
    const byFrame = new KvCache(shape, 1, 261);
    byFrame.readPrefix(outputs(5));
    const places = [byFrame.places];
    for (let frame = 0; frame < 4; frame++) {
      byFrame.commit(outputs(64));
      places.push(byFrame.places);
    }
    expect(places).toEqual([5, 69, 133, 197, 261]);
    expect([...byFrame.feeds['mask']!]).toEqual(new Array(261).fill(0));

    const byToken = new KvCache(shape, 1, 150);
    byToken.readPrefix(outputs(5));
    for (let token = 0; token < 66; token++) byToken.commit(outputs(1));
    expect([byToken.length, byToken.places]).toEqual([71, 133]);
    expect(byToken.feeds['mask']!.filter((score) => score === 0)).toHaveLength(71);
    const keys = byToken.feeds['k.0']!;
    // The prefix is still there, and the last token of the second head.
    expect([...keys.subarray(0, 10)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...keys.subarray((133 + 70) * 2, (133 + 71) * 2)]).toEqual([2, 3]);
  });

  it('says when it is full', () => {
    const cache = new KvCache(shape, 1, 1);
    const outputs = { 'k.0': new Float32Array(8), 'v.0': new Float32Array(8) };
    expect(() => cache.readPrefix(outputs)).toThrow(/no room for 2 more/);
  });
});
