/** Whether a clip comes back to where it began: only such clips teach the task `loop`. */

/** In steps from one picture to the next: a loop that is played on and on goes from its last picture to its first in one. */
const MOST_STEPS = 1.5;
/** In the greatest distance from the first picture, so that something must come back. */
const MOST_RETURN = 0.5;

/**
 * Of a window frames_THWC (uint8 RGB): whether the mean absolute difference of its last and its first picture is at most
 * `MOST_STEPS` times that of neighbours, and at most `MOST_RETURN` of the greatest distance that a picture has from the first. A
 * window in which nothing moves does not close a loop.
 */
export function closesLoop(window: Uint8Array, frames: number): boolean {
  if (frames < 3) return false;
  const bytes = window.length / frames;
  const picture = (i: number) => window.subarray(i * bytes, (i + 1) * bytes);
  let steps = 0;
  let farthest = 0;
  for (let i = 1; i < frames; i++) {
    steps += difference(picture(i - 1), picture(i));
    farthest = Math.max(farthest, difference(picture(0), picture(i)));
  }
  const back = difference(picture(frames - 1), picture(0));
  return farthest > 0 && back <= MOST_STEPS * (steps / (frames - 1)) && back <= MOST_RETURN * farthest;
}

function difference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}
