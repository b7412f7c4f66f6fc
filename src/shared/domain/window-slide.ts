/** How a clip becomes longer than the window of its model: the window slides on, and begins with what is there. */

export interface WindowSlide {
  /** Frames at the end of the clip that the window begins with, and the latent frames that stand for them. */
  readonly keptFrames: number;
  readonly keptLatentFrames: number;
  /** Frames that each further latent frame adds. */
  readonly step: number;
}

/** Half of the window is kept, rounded up; null where it holds a single picture, after which nothing can come. */
export function windowSlide(frames: number, step: number): WindowSlide | null {
  const latentFrames = 1 + (frames - 1) / step;
  if (latentFrames < 2) return null;
  const kept = Math.min(latentFrames - 1, Math.ceil(latentFrames / 2));
  return { keptFrames: 1 + (kept - 1) * step, keptLatentFrames: kept, step };
}

/** Frames of a clip of `frames` that is continued by at least `more`: whole latent frames are added. */
export function extendedLength(frames: number, more: number, step: number): number {
  return frames + Math.ceil(more / step) * step;
}
