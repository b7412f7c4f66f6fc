/** Whether some clips, such as takes, move as others do that are real: how much, and how fast. */
import { motionEnergies, wasserstein } from './motion-energy.ts';
import type { PictureSize } from './picture.ts';
import { createSpectrum, logSpectralDistance } from './temporal-spectrum.ts';

export interface MotionDistances {
  /** 1-Wasserstein distance of the motion energies of all cells; 1 is the whole range from still to black against white. */
  readonly motionDistance: number | null;
  /** Log-spectral distance in dB. */
  readonly spectrumDistance: number | null;
}

/** Clips of `frames` frames each, in any number and order. */
export function createMotionComparison(size: PictureSize, frames: number) {
  const side = () => ({ energies: [] as Float64Array[], spectrum: createSpectrum(size, frames) });
  const [reference, compared] = [side(), side()];
  const add = (to: typeof reference, frames_THWC: Uint8Array) => {
    to.energies.push(motionEnergies(frames_THWC, size));
    to.spectrum.add(frames_THWC);
  };

  return {
    addReference: (frames_THWC: Uint8Array): void => add(reference, frames_THWC),
    addCompared: (frames_THWC: Uint8Array): void => add(compared, frames_THWC),

    /** Null where one side has no clips, or clips have no motion: of one frame. */
    result(): MotionDistances {
      if (reference.energies.length === 0 || compared.energies.length === 0 || frames < 2)
        return { motionDistance: null, spectrumDistance: null };
      return {
        motionDistance: wasserstein(joined(compared.energies), joined(reference.energies)),
        spectrumDistance: logSpectralDistance(compared.spectrum.result(), reference.spectrum.result()),
      };
    },
  };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
