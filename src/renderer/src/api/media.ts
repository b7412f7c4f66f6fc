/** Addresses of pixels and video, which come by HTTP or the shell's protocol, never through the contract. */
import { bridge } from './bridge.ts';

function mediaUrl(path: string): string {
  return `${bridge?.mediaBase ?? ''}/media/${path}`;
}

export const media = {
  thumbnail: (clipId: string) => mediaUrl(`clip/${clipId}/thumb`),
  /** `stripFrames` frames of the clip side by side. */
  strip: (clipId: string) => mediaUrl(`clip/${clipId}/strip`),
  /** The original file. */
  source: (clipId: string) => mediaUrl(`clip/${clipId}/source`),
  takeFrame: (takeId: string, index: number) => mediaUrl(`take/${takeId}/frame/${index}`),
  takeVideo: (takeId: string) => mediaUrl(`take/${takeId}/video`),
};

export const stripFrames = 10;
