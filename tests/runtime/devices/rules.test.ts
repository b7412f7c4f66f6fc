/** Operators and gradient rules on WebGPU: they compute what PyTorch does, and no node leaves the device. */
import { beforeAll, describe, expect, it } from 'vitest';
import { ruleGoldens } from '../ml-core/golden-rules.ts';
import type { RuleOnDevice } from './run-rules.ts';
import { hasSwiftShader, onDevice } from './swift-shader.ts';

/** Sine and cosine of a GPU need not be better than this. */
const TOLERANCE = 3e-4;

describe.skipIf(!hasSwiftShader)('WebGPU (skipped without the SwiftShader of Chromium or Electron)', () => {
  let results: Record<string, RuleOnDevice>;
  beforeAll(async () => {
    results = await onDevice('run-rules.ts', 'webgpu');
  });

  it.each(Object.keys(ruleGoldens))('%s', (name) => {
    expect(results[name]!.strangers).toEqual([]);
    expect(results[name]!.error).toBeLessThan(TOLERANCE);
  });
});
