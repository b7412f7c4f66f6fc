/** What the engine runs on. */
import { availableParallelism, release } from 'node:os';
import type { SystemInfo, systemProcedures } from '#shared/contract/system.ts';
import { ownVersion } from '../app-paths.ts';
import type { EngineContext } from '../context.ts';
import { readSettings } from '../db/repositories/settings.ts';
import type { Compute } from './compute.ts';
import { createDeviceProbe, onnxruntimeVersion } from './devices.ts';
import { examine } from './doctor.ts';
import type { HandlersOf } from './handlers-of.ts';
import { machineRoom } from './machine-room.ts';

/** What only the start of the engine knows. */
export interface SystemFacts {
  /** Version of SQLite. */
  sqlite: string;
}

export function systemHandlers(
  { workspace, db, baseModel }: EngineContext,
  compute: Compute,
  facts: SystemFacts,
): HandlersOf<typeof systemProcedures> {
  const probeDevices = createDeviceProbe();

  async function info(): Promise<SystemInfo> {
    const [onnxruntime, ffmpeg, { memoryTotal, diskFree }, devices] = await Promise.all([
      onnxruntimeVersion(),
      compute.tools().then(
        ({ versions, ffmpeg: path }) => `${versions.ffmpeg} · ${path}`,
        () => 'missing',
      ),
      machineRoom(workspace.root),
      probeDevices(),
    ]);
    return {
      version: ownVersion,
      workspace: workspace.root,
      platform: `${process.platform} ${release()} ${process.arch}`,
      node: process.versions.node,
      onnxruntime,
      sqlite: facts.sqlite,
      ffmpeg,
      cores: availableParallelism(),
      memoryBytes: memoryTotal,
      freeDiskBytes: diskFree,
      devices,
    };
  }

  return {
    'system.info': () => info(),
    'system.doctor': async () => ({
      checks: examine(await info(), await readSettings(db), {
        tools: await compute.tools().catch((error: unknown) => error as Error),
        baseModel: await baseModel.get().catch((error: unknown) => error as Error),
      }),
    }),
  };
}
