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

/** Windows frames_THWC (uint8 RGB) of a batch, equally long → patches. Also takes the first few latent frames of windows. */
export function toPatches(windows: readonly Uint8Array[], shape: TokenizerShape): Patches {
  const [bytes] = windows.map((window) => window.length);
  if (bytes === undefined || windows.some((window) => window.length !== bytes)) {
    throw new Error('A batch takes at least one window, all equally long');
  }
  const latentFrames = latentFramesOf(bytes, shape);
  const firstLength = shape.frameTokens * shape.firstPatch;
  const laterLength = (latentFrames - 1) * shape.frameTokens * shape.laterPatch;
  const first = new Float32Array(windows.length * firstLength);
  const later = new Float32Array(windows.length * laterLength);
  windows.forEach((window, i) => {
    for (const row of patchRows(shape, latentFrames)) {
      const target = row.isFirst ? first : later;
      const start = row.at + i * (row.isFirst ? firstLength : laterLength);
      for (let k = 0; k < row.length; k++) target[start + k] = window[row.pixel + k]! / 127.5 - 1;
    }
  });
  return { first, later };
}

/** Patches of one clip → frames_THWC (uint8 RGB); values outside -1 … 1 are cut off. */
export function fromPatches({ first, later }: Patches, shape: TokenizerShape): Uint8Array {
  const latentFrames = 1 + later.length / (shape.frameTokens * shape.laterPatch);
  const pixels = new Uint8Array(framesOf(latentFrames, shape) * frameLength(shape));
  for (const row of patchRows(shape, latentFrames)) {
    const source = row.isFirst ? first : later;
    for (let k = 0; k < row.length; k++) {
      const value = Math.min(1, Math.max(-1, source[row.at + k]!));
      pixels[row.pixel + k] = Math.round((value + 1) * 127.5);
    }
  }
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

/** One row of pixels inside one patch: where it lies in the window and where in the patches. */
interface PatchRow {
  pixel: number;
  isFirst: boolean;
  at: number;
  length: number;
}

function* patchRows(shape: TokenizerShape, latentFrames: number): Generator<PatchRow> {
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
        const pixel = ((frame * size + y) * size + column * strideS) * 3;
        const at = token * patch + frameInPatch * firstPatch + (y % strideS) * length;
        yield { pixel, isFirst, at, length };
      }
    }
  }
}
