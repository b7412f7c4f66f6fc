/** The KV cache puts keys and values of each head behind those that are there, and opens the mask for them. */
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
    expect(cache.length).toBe(2);
    expect([...cache.feeds['k.0']!]).toEqual([1, 2, 3, 4, 0, 0, 5, 6, 7, 8, 0, 0]);
    expect([...cache.feeds['v.0']!]).toEqual([0, 0, 9, 9, 0, 0, 0, 0, 9, 9, 0, 0]);
    expect([...cache.feeds['mask']!]).toEqual([0, 0, -1e9]);
  });

  it('says when it is full', () => {
    const cache = new KvCache(shape, 1, 1);
    const outputs = { 'k.0': new Float32Array(8), 'v.0': new Float32Array(8) };
    expect(() => cache.readPrefix(outputs)).toThrow(/no room for 2 more/);
  });
});
