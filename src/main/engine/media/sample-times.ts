/** Arithmetic of presentation time: at which moments a clip is looked at, and which frame is on screen then. Pure. */

/** Moments `first + i · step`, seconds from the start of the file. */
export interface SampleGrid {
  first: number;
  step: number;
  count: number;
}

/** The middles of `count` equal parts of start … end. An image has no length: all its moments are the start. */
export function sampleGrid(start: number, end: number, count: number): SampleGrid {
  const step = Math.max(0, end - start) / count;
  return { first: start + step / 2, step, count };
}

/** Containers round times to their ticks, often milliseconds; a frame that is due within this time (s) is on screen. */
export const TIME_TOLERANCE = 1e-3;

/** For each moment the index of the frame on screen: the last that began. `frameStarts` rise. */
export function framesOnScreen(frameStarts: readonly number[], grid: SampleGrid): number[] {
  const indices: number[] = [];
  let frame = 0;
  for (let i = 0; i < grid.count; i++) {
    const moment = grid.first + i * grid.step + TIME_TOLERANCE;
    while (frame + 1 < frameStarts.length && frameStarts[frame + 1]! <= moment) frame++;
    indices.push(frame);
  }
  return indices;
}
