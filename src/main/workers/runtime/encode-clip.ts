/** What the GPT reads of a clip: the tokens of its window, and the picture at which it arrives. */
import type { Arrival } from '#main/ml/gpt/batches.ts';
import { closesLoop } from '#main/ml/gpt/closes-loop.ts';
import type { VideoTokenizer } from './video-tokenizer.ts';

export interface ClipCode extends Arrival {
  readonly tokens_THW: Int32Array;
}

/** Of a window frames_THWC (uint8 RGB). */
export async function encodeClip(tokenizer: VideoTokenizer, window: Uint8Array): Promise<ClipCode> {
  const { frames } = tokenizer.shape;
  const lastPicture = window.subarray((window.length / frames) * (frames - 1));
  return {
    tokens_THW: await tokenizer.encode(window),
    lastPicture: await tokenizer.encodeStill(lastPicture),
    closesLoop: closesLoop(window, frames),
  };
}
