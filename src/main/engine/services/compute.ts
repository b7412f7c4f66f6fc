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
  /** What to compute with; without a wish, the device of the settings. */
  device(wish?: Device): Promise<{ device: Device; threads: number }>;
  /** The part of a worker's spec that says the same, and which tools it has. */
  spec(
    wish?: Device,
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

  async function device(wish?: Device): Promise<{ device: Device; threads: number }> {
    const settings = await readSettings(db);
    return { device: wish ?? settings.device, threads: settings.threads || availableParallelism() };
  }

  return {
    tools,
    device,
    spec: async (wish) => {
      const { ffmpeg, ffprobe } = await tools();
      return { ...(await device(wish)), tools: { ffmpeg, ffprobe } };
    },
  };
}
