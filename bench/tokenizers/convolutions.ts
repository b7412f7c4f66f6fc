/** The convolutional tokenizer as a candidate. */
import { encodeModel } from '#main/ml/onnx/encode.ts';
import { Graph } from '#main/ml/onnx/graph.ts';
import { Session } from '#main/workers/runtime/session.ts';
import type { Candidate } from './candidate.ts';
import { convParameters, convTask, encode, decode, type ConvShape } from './conv-tokenizer.ts';

export function convCandidate(name: string, shape: ConvShape): Candidate {
  return {
    name,
    levels: shape.levels,
    task: (batch) => convTask(shape, batch),
    batch: (windows) => ({ video: toChannels(windows, shape) }),
    async open(weights, compute) {
      const graph = new Graph();
      const parameters = convParameters(shape).asConstants(graph, weights);
      const video = graph.input('video', 'float32', [1, 3, shape.frames, shape.size, shape.size]);
      const { codes, tokens } = encode(video, parameters, shape);
      graph.output('copy', decode(codes, parameters, shape));
      graph.output('tokens', tokens);
      const session = await Session.create(encodeModel(graph), compute);
      return {
        async copy(window) {
          const { copy, tokens: found } = await session.run({ video: toChannels([window], shape) });
          return { frames: toFrames(copy as Float32Array, shape), tokens: found as Int32Array };
        },
        dispose: () => session.dispose(),
      };
    },
  };
}

/** frames_THWC (uint8) → video_BCTHW, -1 … 1. */
function toChannels(windows: readonly Uint8Array[], { frames, size }: ConvShape): Float32Array {
  const pixels = frames * size * size;
  const video = new Float32Array(windows.length * 3 * pixels);
  windows.forEach((window, b) => {
    for (let i = 0; i < pixels; i++) {
      for (let c = 0; c < 3; c++) video[(b * 3 + c) * pixels + i] = window[3 * i + c]! / 127.5 - 1;
    }
  });
  return video;
}

function toFrames(video: Float32Array, { frames, size }: ConvShape): Uint8Array {
  const pixels = frames * size * size;
  const bytes = new Uint8Array(3 * pixels);
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < 3; c++) {
      const value = Math.min(1, Math.max(-1, video[c * pixels + i]!));
      bytes[3 * i + c] = Math.round((value + 1) * 127.5);
    }
  }
  return bytes;
}
