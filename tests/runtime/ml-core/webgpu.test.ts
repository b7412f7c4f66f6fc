/** Training on WebGPU: same numbers as on the CPU, and every node on the device. Runs on SwiftShader, which needs no GPU. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { probeDevices } from '#main/workers/runtime/devices.ts';

const run = promisify(execFile);

interface Result {
  losses: number[];
  weights: number[];
  strangers: string[];
}

/** SwiftShader comes with Chromium and with Electron, and a Vulkan loader beside it. */
const swiftShader = [
  process.env['VK_ICD_FILENAMES'],
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  join(import.meta.dirname, '../../../node_modules/electron/dist/vk_swiftshader_icd.json'),
].find((path) => path !== undefined && existsSync(path));

async function trainTiny(device: 'cpu' | 'webgpu'): Promise<Result> {
  const env =
    device === 'cpu' || swiftShader === undefined
      ? process.env
      : {
          ...process.env,
          VK_ICD_FILENAMES: swiftShader,
          VK_DRIVER_FILES: swiftShader,
          LD_LIBRARY_PATH: [dirname(swiftShader), process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':'),
        };
  const script = join(import.meta.dirname, 'train-tiny.ts');
  const { stdout } = await run(process.execPath, [script, device], { env, maxBuffer: 64 << 20 });
  return JSON.parse(stdout) as Result;
}

describe('training on WebGPU', () => {
  const supported = process.platform === 'linux' && process.arch === 'x64';
  it.skipIf(!supported || swiftShader === undefined)(
    'matches the CPU and leaves no node to it (skipped without vk_swiftshader_icd.json of Chromium or Electron)',
    async () => {
      const [cpu, webgpu] = [await trainTiny('cpu'), await trainTiny('webgpu')];
      expect(webgpu.strangers).toEqual([]);
      expect(cpu.strangers.length).toBeGreaterThan(50);
      webgpu.losses.forEach((loss, i) => expect(loss).toBeCloseTo(cpu.losses[i]!, 4));
      expect(webgpu.weights.length).toBe(cpu.weights.length);
      const worst = Math.max(...webgpu.weights.map((weight, i) => Math.abs(weight - cpu.weights[i]!)));
      expect(worst).toBeLessThan(1e-3);
    },
  );

  it('says of each device whether it can be used, and why not', async () => {
    const devices = await probeDevices();
    expect(devices.map(({ id }) => id)).toEqual(['cpu', 'webgpu', 'cuda']);
    expect(devices[0]).toMatchObject({ available: true, reason: null });
    for (const { available, reason } of devices) expect(available).toBe(reason === null);
  });
});
