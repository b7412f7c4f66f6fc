/** Which devices can compute here: asked of ONNX Runtime in a short-lived process, because it must not live in the engine. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { device, systemInfo, type SystemInfo } from '#shared/contract/system.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { appFolder, workerEntry } from '../app-paths.ts';

type Devices = SystemInfo['devices'];

/** Drivers of graphics cards can take long to wake up, or hang. */
const PROBE_MS = 60_000;

/** Returns a function that probes once and remembers what was found. */
export function createDeviceProbe(): () => Promise<Devices> {
  let remembered: Promise<Devices> | undefined;
  return () => {
    remembered ??= probe();
    return remembered;
  };
}

async function probe(): Promise<Devices> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [workerEntry('probe-devices')], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      timeout: PROBE_MS,
    });
    return systemInfo.shape.devices.parse(JSON.parse(stdout.trim().split('\n').at(-1)!));
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    const detail = (stderr || message).trim().split('\n').at(-1)!;
    const reason = new AppError('runtime-not-starting', { detail }).toWire();
    return device.options.map((id) => ({ id, name: id, available: false, reason }));
  }
}

export async function onnxruntimeVersion(): Promise<string> {
  try {
    const path = join(appFolder, 'node_modules/onnxruntime-node/package.json');
    return (JSON.parse(await readFile(path, 'utf8')) as { version: string }).version;
  } catch {
    return 'missing';
  }
}
