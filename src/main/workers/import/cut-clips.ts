/** Cuts a film into consecutive clips of equal length: no short remainder is left over, and none is dropped. Pure. */

/** Seconds. The model sees a few frames of each clip; longer ones would show it too little of what happens. */
const LONGEST_CLIP = 4;

export interface Cut {
  start: number;
  end: number;
  frameCount: number;
}

export function cutClips(duration: number, frameCount: number, longest = LONGEST_CLIP): Cut[] {
  // A film that is a frame or so too long is not cut in two for it.
  const count = Math.max(1, Math.ceil(duration / longest - 0.02));
  return Array.from({ length: count }, (_, i) => ({
    start: (i * duration) / count,
    end: ((i + 1) * duration) / count,
    frameCount: Math.max(1, Math.round(frameCount / count)),
  }));
}
