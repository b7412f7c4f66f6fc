/** What steers sampling: every setting with its range, and the presets that choose all of them at once. */
import { z } from 'zod';

export const samplingSettings = z.object({
  /** 1 is no guidance; more follows the prompt more closely. */
  guidance: z.number().min(1).max(20),
  temperature: z.number().min(0).max(5),
  /** Samples only from the likeliest tokens that together hold this share. */
  topP: z.number().gt(0).max(1),
  /** Decoding steps a latent frame in `frame` order; `raster` order ignores it. */
  steps: z.number().int().min(1).max(64),
});
export type SamplingSettings = z.output<typeof samplingSettings>;

export const samplingPreset = z.enum(['fast', 'balanced', 'best']);
export type SamplingPreset = z.output<typeof samplingPreset>;

/**
 * Time goes with the steps. The fewer there are, the more tokens are drawn at a time without knowing of each other, and the
 * more a daring draw costs: `fast` keeps to what is likelier.
 */
export const samplingPresets: Readonly<Record<SamplingPreset, SamplingSettings>> = {
  fast: { steps: 4, guidance: 3, temperature: 0.9, topP: 0.9 },
  balanced: { steps: 8, guidance: 3, temperature: 1, topP: 0.95 },
  best: { steps: 16, guidance: 3, temperature: 1, topP: 0.95 },
};

/** The preset whose settings these are; null where one of them differs. */
export function presetOf(settings: SamplingSettings): SamplingPreset | null {
  const isPreset = (preset: SamplingPreset) =>
    Object.entries(samplingPresets[preset]).every(
      ([name, value]) => settings[name as keyof SamplingSettings] === value,
    );
  return samplingPreset.options.find(isPreset) ?? null;
}

/** The settings of a preset, but for those that are chosen apart. */
export function chooseSettings(
  preset: SamplingPreset,
  chosen: { readonly [Name in keyof SamplingSettings]?: number | undefined },
): SamplingSettings & { preset: SamplingPreset | null } {
  const said = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
  const settings = { ...samplingPresets[preset], ...said };
  return { ...settings, preset: presetOf(settings) };
}
