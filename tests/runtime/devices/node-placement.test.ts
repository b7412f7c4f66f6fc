/** No node of any training or sampling graph leaves a GPU for the CPU: each one that did would copy its tensors there and back. */
import { beforeAll, describe, expect, it } from 'vitest';
import { everyGraph, STRANGER } from './every-graph.ts';
import type { PlacedNode } from './place-nodes.ts';
import { hasSwiftShader, onDevice } from './swift-shader.ts';

describe.skipIf(!hasSwiftShader)(
  'on WebGPU (skipped without the SwiftShader of Chromium or Electron)',
  () => {
    let placed: Record<string, PlacedNode[]>;
    beforeAll(async () => {
      placed = await onDevice('place-nodes.ts', 'webgpu');
    });

    it.each([...everyGraph('webgpu').keys()])('%s: every node stays on the device', (name) => {
      const nodes = placed[name]!;
      expect(nodes.length).toBeGreaterThan(0);
      expect(nodes.filter(leavesTheDevice)).toEqual([]);
    });

    it('a node that cannot stay is named, with its operator and scope', () => {
      expect(placed[STRANGER]!.filter(leavesTheDevice)).toEqual([
        { name: 'somewhere/Mul', operator: 'Mul', provider: 'CPUExecutionProvider' },
      ]);
    });
  },
);

/** On the CPU itself, or a copy that the runtime put between it and the device. */
function leavesTheDevice({ operator, provider }: PlacedNode): boolean {
  return provider !== 'WebGpuExecutionProvider' || operator.startsWith('Memcpy');
}
