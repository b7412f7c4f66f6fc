/** Settings of the workspace. Each key has a default, so an old settings row always parses. */
import { z } from 'zod';
import { nothing } from './common.ts';
import { event, procedure } from './define.ts';
import { device } from './system.ts';

export const settings = z.object({
  language: z.enum(['system', 'en', 'zh']).default('system'),
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  device: device.default('cpu'),
  /** Threads a worker may use; 0 means all cores. */
  threads: z.number().int().min(0).max(256).default(0),
  /** Path of an ffmpeg that goes before the bundled one; empty for none. */
  ffmpegPath: z.string().default(''),
  ffprobePath: z.string().default(''),
});
export type Settings = z.output<typeof settings>;

export const settingsProcedures = {
  'settings.get': procedure(nothing, settings),
  /** Only the keys that are given change. */
  'settings.set': procedure(
    z.object({
      language: settings.shape.language.unwrap().optional(),
      theme: settings.shape.theme.unwrap().optional(),
      device: device.optional(),
      threads: settings.shape.threads.unwrap().optional(),
      ffmpegPath: z.string().optional(),
      ffprobePath: z.string().optional(),
    }),
    settings,
  ),
};

export const settingsEvents = { 'settings.changed': event(settings) };
