/** How well clips are given back, over any number of them. */
import { psnr, psnrOfError, ssim } from './image-quality.ts';
import { CHANNELS, frameCount, type PictureSize } from './picture.ts';
import { differenceError } from './temporal-difference.ts';

export interface ReconstructionQuality {
  /** Mean over clips of the PSNR of all frames of a clip, in dB. */
  readonly psnr: number;
  /** Mean over all frames. */
  readonly ssim: number;
  /**
   * PSNR of the differences between consecutive frames, from the mean error of all clips together: a clip in which nothing
   * moves may have none at all. Null when clips have one frame.
   */
  readonly temporalPsnr: number | null;
}

export function createReconstructionMeter(size: PictureSize) {
  const frameBytes = size.width * size.height * CHANNELS;
  const sums = { psnr: 0, ssim: 0, differences: 0 };
  let clips = 0;
  let moving = 0;

  return {
    /** A clip and its copy, frames_THWC each. */
    add(original_THWC: Uint8Array, copy_THWC: Uint8Array): void {
      const frames = frameCount(original_THWC, size);
      clips += 1;
      sums.psnr += psnr(original_THWC, copy_THWC);
      for (let t = 0; t < frames; t++) {
        const frame = [t * frameBytes, (t + 1) * frameBytes] as const;
        sums.ssim +=
          ssim(original_THWC.subarray(...frame), copy_THWC.subarray(...frame), size.width, size.height) /
          frames;
      }
      const error = differenceError(original_THWC, copy_THWC, frameBytes);
      if (error === null) return;
      moving += 1;
      sums.differences += error;
    },

    result(): ReconstructionQuality {
      return {
        psnr: sums.psnr / clips,
        ssim: sums.ssim / clips,
        temporalPsnr: moving === 0 ? null : psnrOfError(sums.differences / moving),
      };
    },
  };
}
