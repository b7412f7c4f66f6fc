/**
 * Rotary positions (Su et al. 2021), with the rotated pairs divided among several coordinates: pairs of t, of y and of x for
 * video. A pair joins element i of the first half of a head with element i of the second half.
 */

export interface RotaryTables {
  /** [T, K/2] each: cosine and sine of the angle by which each pair of each position is turned. */
  cos: Float32Array;
  sin: Float32Array;
}

/**
 * Tables for positions with several coordinates. `pairs[c]` says how many of the K/2 pairs of a head turn with coordinate
 * c; frequencies fall from 1 to 1/base within each coordinate's pairs.
 */
export function rotaryTables(
  positions: readonly (readonly number[])[],
  pairs: readonly number[],
  base = 100,
): RotaryTables {
  const half = pairs.reduce((sum, count) => sum + count, 0);
  const cos = new Float32Array(positions.length * half);
  const sin = new Float32Array(positions.length * half);
  positions.forEach((coordinates, row) => {
    let column = 0;
    pairs.forEach((count, coordinate) => {
      for (let i = 0; i < count; i++, column++) {
        const angle = coordinates[coordinate]! * base ** (-i / count);
        cos[row * half + column] = Math.cos(angle);
        sin[row * half + column] = Math.sin(angle);
      }
    });
  });
  return { cos, sin };
}

/** Divides the pairs of a head among t, y and x: a quarter for time, the rest for space. */
export function pairsOfTYX(headSize: number): [number, number, number] {
  const space = Math.floor((headSize / 2) * 0.375);
  return [headSize / 2 - 2 * space, space, space];
}

/** The rotation itself, of x [B, H, T, K] by tables [T, K/2]. */
export { rotary as rotate } from '../onnx/ops/rotary.ts';
