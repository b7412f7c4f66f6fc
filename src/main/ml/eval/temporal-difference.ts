/** Whether what moves in a clip moves the same way in its copy. */

/**
 * The squared error of the differences between consecutive frames, for `psnrOfError`: the mean of
 * ((copy[t+1] − copy[t]) − (original[t+1] − original[t]))² over all pixels and channels, of values whose range is 1. An
 * error that stays the same from frame to frame, such as a blur of what stands still, does not count; flicker does.
 *
 * @param frameBytes values of a frame
 * @returns null for clips of one frame
 */
export function differenceError(
  original_THWC: Uint8Array,
  copy_THWC: Uint8Array,
  frameBytes: number,
): number | null {
  if (original_THWC.length !== copy_THWC.length)
    throw new Error(`Cannot compare ${original_THWC.length} with ${copy_THWC.length} values`);
  const count = original_THWC.length - frameBytes;
  if (count <= 0) return null;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const before = copy_THWC[i]! - original_THWC[i]!;
    const after = copy_THWC[i + frameBytes]! - original_THWC[i + frameBytes]!;
    squares += (after - before) ** 2;
  }
  return squares / count / 255 ** 2;
}
