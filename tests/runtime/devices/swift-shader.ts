/** WebGPU without a GPU: SwiftShader, a Vulkan device in software that comes with Chromium and with Electron. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Device } from '#shared/contract/system.ts';

const driver = [
  process.env['VK_ICD_FILENAMES'],
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  join(import.meta.dirname, '../../../node_modules/electron/dist/vk_swiftshader_icd.json'),
].find((path) => path !== undefined && existsSync(path));

/** False on machines where tests of WebGPU are skipped; Linux only, because elsewhere drivers are not chosen this way. */
export const hasSwiftShader = process.platform === 'linux' && process.arch === 'x64' && driver !== undefined;

/**
 * Runs a script beside this file in a process of its own, which gets the device as its argument, and parses what it prints.
 * The driver is chosen by the environment, which a process reads when it loads the runtime.
 */
export async function onDevice<Result>(script: string, device: Device): Promise<Result> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, script), device],
    { env: device === 'webgpu' ? softwareGpu() : process.env, maxBuffer: 256 << 20 },
  );
  return JSON.parse(stdout) as Result;
}

function softwareGpu(): NodeJS.ProcessEnv {
  if (driver === undefined) return process.env;
  // The Vulkan loader lies beside the driver.
  const libraries = [dirname(driver), process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':');
  return { ...process.env, VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: driver, LD_LIBRARY_PATH: libraries };
}
