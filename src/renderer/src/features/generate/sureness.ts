/** How sure the model was, in terms of what can be seen: confidence of tokens is spread over three powers of ten. */
import type { TakeConfidence } from '#shared/contract/generation.ts';

/** Below this confidence a token counts as not sure at all: one in about as many as a codebook holds. */
const LEAST = 1e-3;

/** 0 (a guess) … 1 (certain), evenly in the logarithm of the probability. */
export function sureness(confidence: number): number {
  return 1 - Math.log(Math.min(1, Math.max(LEAST, confidence))) / Math.log(LEAST);
}

/** What the model thought of a frame; undefined where it is not known. */
export function confidenceAt({ latentFrames }: TakeConfidence, frame: number): readonly number[] | undefined {
  return latentFrames.find(
    ({ firstFrame, frameCount }) => frame >= firstFrame && frame < firstFrame + frameCount,
  )?.confidence;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
