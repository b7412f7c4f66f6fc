/** Presets: one table, whose settings can be overridden one by one and are recognised again. */
import { expect, test } from 'vitest';
import { sampling } from '#shared/contract/generation.ts';
import {
  chooseSettings,
  presetOf,
  samplingPreset,
  samplingPresets,
  samplingSettings,
} from '#shared/domain/sampling-presets.ts';

test('every preset is within the ranges, takes more steps than the one before, and is recognised', () => {
  for (const preset of samplingPreset.options) {
    expect(samplingSettings.parse(samplingPresets[preset])).toEqual(samplingPresets[preset]);
    expect(presetOf(samplingPresets[preset])).toBe(preset);
  }
  const steps = samplingPreset.options.map((preset) => samplingPresets[preset].steps);
  expect(steps).toEqual([...new Set(steps)].toSorted((a, b) => a - b));
});

test('what is said apart goes before the preset, and then it is none', () => {
  expect(chooseSettings('best', {})).toEqual({ ...samplingPresets.best, preset: 'best' });
  expect(chooseSettings('best', { guidance: undefined, topP: 0.5 })).toEqual({
    ...samplingPresets.best,
    topP: 0.5,
    preset: null,
  });
  expect(chooseSettings('best', samplingPresets.fast)).toMatchObject({ preset: 'fast' });
});

test('takes from before there were presets are read as they were', () => {
  const old = { seed: 7, guidance: 5, temperature: 1, topP: 0.95, steps: 8 };
  expect(sampling.parse(old)).toEqual({ ...old, preset: null });
});
