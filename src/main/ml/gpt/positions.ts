/** Where a token stands: rotary angles from its place in the text, and from t, y and x in the video (Su et al. 2021). */
import type { Graph, Value } from '../onnx/graph.ts';
import { rotaryTables } from '../nn/rotary.ts';
import type { GptShape } from './shape.ts';

/** Text and video have coordinates of their own: what is no text stands at 0 there, and the other way round. */
export type Position = readonly [text: number, t: number, y: number, x: number];

export const taskPosition: Position = [0, 0, 0, 0];

export function textPositions({ textLength }: GptShape): Position[] {
  return Array.from({ length: textLength }, (_, i) => [i + 1, 0, 0, 0]);
}

/** In raster order: along x, then y, then t. */
export function videoPositions({ grid: { T, H, W } }: GptShape): Position[] {
  return Array.from({ length: T * H * W }, (_, i) => [
    0,
    1 + Math.floor(i / (H * W)),
    Math.floor(i / W) % H,
    i % W,
  ]);
}

/**
 * Of the picture at which a clip arrives: right behind the last latent frame. At the last frame's own place it would be taken
 * for what is already known of that frame, though its tokens, of a still image, mean something else.
 */
export function conditionPositions({ grid: { T, H, W } }: GptShape): Position[] {
  return Array.from({ length: H * W }, (_, i) => [0, T + 1, Math.floor(i / W), i % W]);
}

/** Cosines and sines [positions, headWidth / 2] by which queries and keys are turned. */
export interface Rotation {
  readonly cos: Value;
  readonly sin: Value;
}

export function rotation(graph: Graph, positions: readonly Position[], { width, heads }: GptShape): Rotation {
  const half = width / heads / 2;
  const quarter = Math.floor(half / 4);
  const { cos, sin } = rotaryTables(positions, [quarter, half - 3 * quarter, quarter, quarter]);
  const tableShape = [positions.length, half];
  return {
    cos: graph.constant('float32', tableShape, cos),
    sin: graph.constant('float32', tableShape, sin),
  };
}
