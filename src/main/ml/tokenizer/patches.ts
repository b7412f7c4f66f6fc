/**
 * Windows of pixels ↔ patches. The first frame is cut into patches of its own; later frames are taken `strideT` at a time.
 * Done outside the graphs: moving bytes needs no kernels, and losses over patches are losses over pixels in another order.
 */
import type { TokenizerShape } from './shape.ts';

/** Values -1 … 1. */
export interface Patches {
  /** [B, frameTokens, firstPatch] */
  first: Float32Array;
  /** [B, (T-1)·frameTokens, laterPatch] */
  later: Float32Array;
}

/** What each byte of a picture stands for. */
const LEVELS = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1);

export interface PatchOptions {
  /** By window: whether left and right are to be swapped. */
  mirrored?: readonly boolean[];
  /** Memory to write into, as an earlier call with as many windows has returned it. */
  into?: Patches;
}

/** Windows frames_THWC (uint8 RGB) of a batch, equally long → patches. Also takes the first few latent frames of windows. */
export function toPatches(
  windows: readonly Uint8Array[],
  shape: TokenizerShape,
  { mirrored = [], into }: PatchOptions = {},
): Patches {
  const [bytes] = windows.map((window) => window.length);
  if (bytes === undefined || windows.some((window) => window.length !== bytes)) {
    throw new Error('A batch takes at least one window, all equally long');
  }
  const latentFrames = latentFramesOf(bytes, shape);
  const firstLength = shape.frameTokens * shape.firstPatch;
  const laterLength = (latentFrames - 1) * shape.frameTokens * shape.laterPatch;
  const { first, later } = into ?? {
    first: new Float32Array(windows.length * firstLength),
    later: new Float32Array(windows.length * laterLength),
  };
  if (first.length !== windows.length * firstLength || later.length !== windows.length * laterLength) {
    throw new Error('The memory to write into is not that of as many windows');
  }
  windows.forEach((window, i) => {
    const copy = mirrored[i] === true ? copyMirrored : copyRow;
    forEachPatchRow(shape, latentFrames, (pixel, isFirst, at) => {
      if (isFirst) copy(window, pixel, first, at + i * firstLength, shape);
      else copy(window, pixel, later, at + i * laterLength, shape);
    });
  });
  return { first, later };
}

function copyRow(
  window: Uint8Array,
  pixel: number,
  target: Float32Array,
  at: number,
  { strideS }: TokenizerShape,
) {
  const length = strideS * 3;
  for (let k = 0; k < length; k++) target[at + k] = LEVELS[window[pixel + k]!]!;
}

function copyMirrored(
  window: Uint8Array,
  pixel: number,
  target: Float32Array,
  at: number,
  shape: TokenizerShape,
) {
  const rowBytes = shape.size * 3;
  const x = pixel % rowBytes;
  const right = pixel - x + rowBytes - 3 - x;
  const length = shape.strideS * 3;
  for (let k = 0; k < length; k += 3) {
    target[at + k] = LEVELS[window[right - k]!]!;
    target[at + k + 1] = LEVELS[window[right - k + 1]!]!;
    target[at + k + 2] = LEVELS[window[right - k + 2]!]!;
  }
}

/** Patches of one clip → frames_THWC (uint8 RGB); values outside -1 … 1 are cut off. */
export function fromPatches({ first, later }: Patches, shape: TokenizerShape): Uint8Array {
  const latentFrames = 1 + later.length / (shape.frameTokens * shape.laterPatch);
  const pixels = new Uint8Array(framesOf(latentFrames, shape) * frameLength(shape));
  const length = shape.strideS * 3;
  forEachPatchRow(shape, latentFrames, (pixel, isFirst, at) => {
    const source = isFirst ? first : later;
    for (let k = 0; k < length; k++) {
      const value = Math.min(1, Math.max(-1, source[at + k]!));
      pixels[pixel + k] = Math.round((value + 1) * 127.5);
    }
  });
  return pixels;
}

/** Frames that the first `latentFrames` latent frames stand for. */
export const framesOf = (latentFrames: number, { strideT }: TokenizerShape) =>
  1 + (latentFrames - 1) * strideT;

/** Latent frames in a window of so many bytes. */
function latentFramesOf(bytes: number, shape: TokenizerShape): number {
  const latentFrames = 1 + (bytes / frameLength(shape) - 1) / shape.strideT;
  if (!Number.isInteger(latentFrames) || latentFrames < 1) {
    throw new Error(`${bytes} bytes are no window of 1 + a multiple of ${shape.strideT} frames`);
  }
  return latentFrames;
}

const frameLength = ({ size }: TokenizerShape) => size * size * 3;

/** Called with each row of pixels inside one patch: where it begins in the window, and where in the patches. */
type VisitPatchRow = (pixel: number, isFirst: boolean, at: number) => void;

function forEachPatchRow(shape: TokenizerShape, latentFrames: number, visit: VisitPatchRow): void {
  const { size, side, strideS, strideT, frameTokens, firstPatch, laterPatch } = shape;
  const length = strideS * 3;
  for (let frame = 0; frame < framesOf(latentFrames, shape); frame++) {
    const isFirst = frame === 0;
    const group = isFirst ? 0 : Math.floor((frame - 1) / strideT);
    const frameInPatch = isFirst ? 0 : (frame - 1) % strideT;
    const patch = isFirst ? firstPatch : laterPatch;
    for (let y = 0; y < size; y++) {
      for (let column = 0; column < side; column++) {
        const token = group * frameTokens + Math.floor(y / strideS) * side + column;
        const pixel = (frame * size + y) * size * 3 + column * length;
        visit(pixel, isFirst, token * patch + frameInPatch * firstPatch + (y % strideS) * length);
      }
    }
  }
}
