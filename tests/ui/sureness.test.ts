/** What the studio shows of confidence: the latent frame that a frame belongs to, and a share that tells unsure from less sure. */
import { expect, test } from 'vitest';
import { confidenceAt, mean, sureness } from '../../src/renderer/src/features/generate/sureness.ts';

test('three powers of ten are spread evenly; what is outside counts as the end', () => {
  const shares = [1, 0.1, 0.01, 0.001].map(sureness);
  [1, 2 / 3, 1 / 3, 0].forEach((share, i) => expect(shares[i]).toBeCloseTo(share, 9));
  expect([sureness(0), sureness(2)]).toEqual([0, 1]);
});

test('each frame has the confidence of its latent frame', () => {
  const latentFrames = [
    { firstFrame: 0, frameCount: 1, confidence: [0.5] },
    { firstFrame: 1, frameCount: 4, confidence: [0.25] },
  ];
  const all = [0, 1, 4, 5].map((frame) => confidenceAt({ rows: 1, columns: 1, latentFrames }, frame));
  expect(all).toEqual([[0.5], [0.25], [0.25], undefined]);
  expect(mean([0.25, 0.75])).toBe(0.5);
});
