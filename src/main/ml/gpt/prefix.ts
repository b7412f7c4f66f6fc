/**
 * What comes before the frames of a clip: `[task][feature][text][condition]`. The feature is one token made of the whole
 * sentence, for models that read one; the condition is the picture at which the clip arrives, coded alone as a still image,
 * for the tasks `inbetween` and `loop`.
 *
 * Shapes: B clips, L text tokens, F numbers of a feature, P tokens of a picture.
 */
import type { Graph, Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import { causalBlocks, type AttentionBlock } from '../nn/block-attention.ts';
import type { Gpt } from './model.ts';
import { conditionPositions, taskPosition, textPositions, type Position } from './positions.ts';
import type { GptShape } from './shape.ts';

/** What a clip is made from. */
export interface Given {
  /** [B, 1, D] */
  readonly task: Value;
  readonly text_BL: Value;
  /** For models with `textFeatures`. */
  readonly feature_BF?: Value | undefined;
  /** For the tasks `inbetween` and `loop`. */
  readonly condition_BP?: Value | undefined;
}

export interface Prefix {
  /** [B, S, D] */
  readonly embedded: Value;
  readonly positions: readonly Position[];
  /** Tokens up to the end of the text. */
  readonly textEnd: number;
}

export function embedPrefix(gpt: Gpt, { task, text_BL, feature_BF, condition_BP }: Given): Prefix {
  const { shape } = gpt;
  if ((feature_BF !== undefined) !== shape.textFeatures > 0)
    throw new Error(`GPT: it reads ${shape.textFeatures > 0 ? 'a' : 'no'} sentence feature`);
  const parts = [task];
  // Where it stands in the text: before its first token, as the task does.
  const positions = [taskPosition];
  if (feature_BF) {
    parts.push(gpt.embedFeature(feature_BF));
    positions.push(taskPosition);
  }
  parts.push(gpt.embedText(text_BL));
  positions.push(...textPositions(shape));
  const textEnd = positions.length;
  if (condition_BP) {
    parts.push(gpt.embedVideo(condition_BP));
    positions.push(...conditionPositions(shape));
  }
  return { embedded: op.concat(parts, 1), positions, textEnd };
}

/** Tokens of the prefix. */
export function clipPrefixLength(
  { textLength, textFeatures, frameTokens }: GptShape,
  isConditioned: boolean,
): number {
  return 1 + (textFeatures > 0 ? 1 : 0) + textLength + (isConditioned ? frameTokens : 0);
}

/** Tokens up to the end of the text see those before them; the picture sees them all, and itself. Of the first `count` tokens. */
export function prefixBlocks(
  graph: Graph,
  { positions, textEnd }: Prefix,
  count = positions.length,
): AttentionBlock[] {
  const text = causalBlocks(graph, [0, Math.min(textEnd, count)]);
  return count <= textEnd ? text : [...text, { queries: [textEnd, count], keys: [[0, positions.length]] }];
}
