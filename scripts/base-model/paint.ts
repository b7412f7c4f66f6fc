/** Paints clips: pictures with alpha or shapes, placed by a pose a frame, over a background. RGB, frames_THWC. */
import { rowColour, type Background, type Rgb } from './backgrounds.ts';
import type { Pose, Shape } from './motion.ts';

/** Straight (not premultiplied) RGBA, `size`×`size`. */
export interface Picture {
  rgba: Uint8Array;
  size: number;
}

const CENTRE: Pose = { x: 0.5, y: 0.5, size: 1, turn: 0 };

export interface Painting {
  size: number;
  background: Background;
  /** One a frame. */
  poses: readonly Partial<Pose>[];
}

/** Pictures over a background; `side` is the share of the picture's side that they fill at size 1. Turning is not supported. */
export function paintPictures(
  pictures: readonly Picture[],
  side: number,
  { size, background, poses }: Painting,
): Uint8Array {
  return paintFrames({ size, background, poses }, (frame, pose, t) => {
    const picture = pictures[t]!;
    const drawn = side * pose.size * size;
    const left = pose.x * size - drawn / 2;
    const top = pose.y * size - drawn / 2;
    const columns = coverage(picture.size, size, left, drawn);
    const rows = coverage(picture.size, size, top, drawn);
    const narrow = shrinkRows(picture, columns, size);
    blendColumns(narrow, rows, frame, size);
  });
}

/** A shape of one colour; `radius` is the share of the picture's side that -1 … 1 of the shape covers half of. */
export function paintShape(
  shape: Shape,
  colour: Rgb,
  radius: number,
  { size, background, poses }: Painting,
): Uint8Array {
  const samples = 4;
  return paintFrames({ size, background, poses }, (frame, pose) => {
    const scale = radius * pose.size * size;
    const [cos, sin] = [Math.cos(2 * Math.PI * pose.turn), Math.sin(2 * Math.PI * pose.turn)];
    const [cx, cy] = [pose.x * size, pose.y * size];
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const near = Math.hypot(x + 0.5 - cx, y + 0.5 - cy) < 1.5 * scale + 1;
        if (!near) continue;
        let inside = 0;
        for (let i = 0; i < samples * samples; i++) {
          const dx = (x + ((i % samples) + 0.5) / samples - cx) / scale;
          const dy = (y + (Math.floor(i / samples) + 0.5) / samples - cy) / scale;
          if (shape.contains(dx * cos + dy * sin, dy * cos - dx * sin)) inside++;
        }
        const alpha = inside / (samples * samples);
        const at = (y * size + x) * 3;
        for (let c = 0; c < 3; c++)
          frame[at + c] = Math.round(frame[at + c]! * (1 - alpha) + colour[c]! * alpha);
      }
    }
  });
}

function paintFrames(
  { size, background, poses }: Painting,
  paint: (frame: Uint8Array, pose: Pose, t: number) => void,
): Uint8Array {
  const frameBytes = size * size * 3;
  const frames = new Uint8Array(poses.length * frameBytes);
  poses.forEach((pose, t) => {
    const frame = frames.subarray(t * frameBytes, (t + 1) * frameBytes);
    for (let y = 0; y < size; y++) {
      const colour = rowColour(background, y, size);
      for (let x = 0; x < size; x++) frame.set(colour, (y * size + x) * 3);
    }
    paint(frame, { ...CENTRE, ...pose }, t);
  });
  return frames;
}

/** For each target pixel: which source pixels it covers, and how much of the target each fills (area averaging). */
interface Coverage {
  first: number;
  weights: number[];
}

function coverage(sourceSize: number, targetSize: number, offset: number, drawn: number): Coverage[] {
  const scale = sourceSize / drawn;
  return Array.from({ length: targetSize }, (_, target) => {
    const from = Math.max(0, (target - offset) * scale);
    const to = Math.min(sourceSize, (target + 1 - offset) * scale);
    if (to <= from) return { first: 0, weights: [] };
    const first = Math.floor(from);
    const last = Math.min(sourceSize - 1, Math.ceil(to) - 1);
    const weights = Array.from({ length: last - first + 1 }, (_, i) => {
      const covered = Math.min(to, first + i + 1) - Math.max(from, first + i);
      return covered / scale;
    });
    return { first, weights };
  });
}

/** Premultiplied RGBA [source height, target width, 4], alpha 0 … 1. */
function shrinkRows({ rgba, size }: Picture, columns: readonly Coverage[], width: number): Float32Array {
  const narrow = new Float32Array(size * width * 4);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < width; x++) {
      const { first, weights } = columns[x]!;
      let [r, g, b, a] = [0, 0, 0, 0];
      for (let i = 0; i < weights.length; i++) {
        const at = (y * size + first + i) * 4;
        const share = (weights[i]! * rgba[at + 3]!) / 255;
        r += rgba[at]! * share;
        g += rgba[at + 1]! * share;
        b += rgba[at + 2]! * share;
        a += share;
      }
      const to = (y * width + x) * 4;
      narrow[to] = r;
      narrow[to + 1] = g;
      narrow[to + 2] = b;
      narrow[to + 3] = a;
    }
  }
  return narrow;
}

function blendColumns(
  narrow: Float32Array,
  rows: readonly Coverage[],
  frame: Uint8Array,
  size: number,
): void {
  for (let y = 0; y < size; y++) {
    const { first, weights } = rows[y]!;
    if (weights.length === 0) continue;
    for (let x = 0; x < size; x++) {
      let [r, g, b, a] = [0, 0, 0, 0];
      for (let i = 0; i < weights.length; i++) {
        const at = ((first + i) * size + x) * 4;
        const share = weights[i]!;
        r += narrow[at]! * share;
        g += narrow[at + 1]! * share;
        b += narrow[at + 2]! * share;
        a += narrow[at + 3]! * share;
      }
      const to = (y * size + x) * 3;
      frame[to] = Math.round(frame[to]! * (1 - a) + r);
      frame[to + 1] = Math.round(frame[to + 1]! * (1 - a) + g);
      frame[to + 2] = Math.round(frame[to + 2]! * (1 - a) + b);
    }
  }
}
