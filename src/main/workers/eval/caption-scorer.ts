/** A GPT that has a list of captions before it, and says of a clip how likely each of them is. */
import { captionScoresGraph } from '#main/ml/eval/caption-scores.ts';
import type { GptShape } from '#main/ml/gpt/shape.ts';
import type { Weights } from '#main/ml/nn/parameters.ts';
import { encodeModel } from '#main/ml/onnx/encode.ts';
import { specialToken } from '#main/ml/text/vocabulary.ts';
import { loweringFor, Session, type Compute } from '../runtime/session.ts';

export interface CaptionScorer {
  /** Tokens of each caption, its end included. */
  readonly lengths: readonly number[];
  /** log p(caption | clip) of each caption, in nats; `tokens_THW` of the clip in raster order. */
  score(tokens_THW: ArrayLike<number>): Promise<Float64Array>;
  dispose(): Promise<void>;
}

/** @param captions from `BytePairEncoding.encodePrompt`, none of them empty */
export async function openCaptionScorer(
  weights: Weights,
  shape: GptShape,
  captions: readonly ArrayLike<number>[],
  { device, threads }: Compute,
): Promise<CaptionScorer> {
  const lengths = captions.map(
    (text) => Array.from(text).filter((token) => token > specialToken.empty).length,
  );
  // What is beyond the longest is padding in all of them.
  const length = Math.max(...lengths);
  const text = Int32Array.from(captions.flatMap((row) => Array.from(row).slice(0, length)));
  const options = { captions: captions.length, length, lowering: loweringFor(device) };
  const graph = captionScoresGraph(weights, shape, options);
  const session = await Session.create(encodeModel(graph), { device, threads });
  return {
    lengths,
    score: async (tokens_THW) => {
      const { nats } = await session.run({ tokens: Int32Array.from(tokens_THW), text });
      return Float64Array.from(nats as Float32Array, (value) => -value);
    },
    dispose: () => session.dispose(),
  };
}
