/** What workers compute with: the media tools that work here, and device and threads from the settings. */
import { availableParallelism } from 'node:os';
import type { Device } from '#shared/contract/system.ts';
import type { Db } from '../db/open-database.ts';
import { readSettings } from '../db/repositories/settings.ts';
import { resolveTools, type ResolvedTools } from '../media/tools.ts';

/** Part of a job's request: the device that was asked for, where it is another than that of the settings. */
export interface DeviceWish {
  device?: Device | undefined;
}

export interface Compute {
  /** Throws ffmpeg-missing. What works is remembered until its settings change. */
  tools(): Promise<ResolvedTools>;
  /** The part of a worker's spec that says what to compute with; without a device, that of the settings. */
  spec(
    device?: Device,
  ): Promise<{ device: Device; threads: number; tools: { ffmpeg: string; ffprobe: string } }>;
}

export function createCompute(db: Db): Compute {
  let remembered: { key: string; tools: Promise<ResolvedTools> } | undefined;

  async function tools(): Promise<ResolvedTools> {
    const settings = await readSettings(db);
    const key = JSON.stringify([settings.ffmpegPath, settings.ffprobePath]);
    if (remembered?.key !== key) {
      const attempt = { key, tools: resolveTools(settings) };
      remembered = attempt;
      // A failure is not remembered: the user may install ffmpeg meanwhile.
      attempt.tools.catch(() => {
        if (remembered === attempt) remembered = undefined;
      });
    }
    return remembered.tools;
  }

  return {
    tools,
    spec: async (device) => {
      const [settings, { ffmpeg, ffprobe }] = [await readSettings(db), await tools()];
      return {
        device: device ?? settings.device,
        threads: settings.threads || availableParallelism(),
        tools: { ffmpeg, ffprobe },
      };
    },
  };
}
