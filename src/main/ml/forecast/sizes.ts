/**
 * How large the models of a config are, worked out without building a graph. Used where nothing has been measured yet, and
 * to scale what was measured to other settings.
 */
import { microBatchFor } from '#shared/domain/stage-counts.ts';
import { conditionShareOf, type TrainingConfig } from '#shared/domain/training-config.ts';
import { gptParameters } from '../gpt/parameters.ts';
import { clipPrefixLength } from '../gpt/prefix.ts';
import { gptShape } from '../gpt/shape.ts';
import { tokenizerParameters } from '../tokenizer/model.ts';
import { tokenizerShape } from '../tokenizer/shape.ts';

export interface StageSize {
  /** Numbers to be learned. */
  parameters: number;
  /** Numbers that one micro-batch keeps from its forward pass for its backward pass, roughly. */
  activations: number;
}

/**
 * Weights, two moments, gradient sums and the gradients that are added to them; the first three as they were at the start; and
 * while a checkpoint is written, their copies and its files.
 */
const STATE_BYTES_A_PARAMETER = 4 * (5 + 3 + 2 * 3);
/** Weights and two moments. */
const FILE_BYTES_A_PARAMETER = 4 * 3;
/** Beside the kept ones there are gradients on their way, and each graph of a stage holds on to what it once used. */
const ACTIVATION_BYTES = 4 * 3.3;
/** Numbers a block keeps for a token, in widths: norms, queries, keys, values, rotations, the gates and their product. */
const KEPT_WIDTHS = 24;
/** What is left to keep where blocks are computed again in the backward pass. */
const RECOMPUTED_SHARE = 0.5;
/** Scores, their softmax, and what dropout leaves of it. */
const KEPT_SCORES = 3;

/** Throws when the settings do not go together. */
export function stageSizes(config: TrainingConfig): Record<'tokenizer' | 'gpt', StageSize> {
  const { tokenizer, gpt, window } = config;
  const eyes = tokenizerShape(tokenizer.model, window);
  // The text encoding may turn out smaller than it may be.
  const mind = gptShape(gpt.model, tokenizer.model, window, gpt.model.textVocabulary);
  // In frame order a masked copy of the frames follows the clean ones.
  const isConditioned = conditionShareOf(config) > 0;
  const sequence =
    clipPrefixLength(mind, isConditioned) + mind.videoTokens * (gpt.model.order === 'frame' ? 2 : 1);
  const patches = eyes.frames * eyes.size * eyes.size * 3;
  return {
    tokenizer: {
      parameters: tokenizerParameters(eyes).size,
      activations:
        (tokenizer.recompute ? RECOMPUTED_SHARE : 1) *
        microBatchFor(tokenizer.batch, tokenizer.microBatch) *
        (blocks(2 * eyes.depth, eyes.tokens, eyes.tokens, eyes) + 4 * patches),
    },
    gpt: {
      parameters: gptParameters(mind).size,
      activations:
        (gpt.recompute ? RECOMPUTED_SHARE : 1) *
        microBatchFor(gpt.batch, gpt.microBatch) *
        (blocks(mind.depth, sequence, mind.videoTokens, mind) + 3 * mind.videoTokens * mind.videoLogits),
    },
  };
}

function blocks(
  depth: number,
  tokens: number,
  keys: number,
  { width, heads }: { width: number; heads: number },
): number {
  return depth * tokens * (KEPT_WIDTHS * width + KEPT_SCORES * heads * keys);
}

/** What a stage holds in memory beside the idle worker; measured ones were up to a third more. */
export function stageMemory({ parameters, activations }: StageSize): number {
  return parameters * STATE_BYTES_A_PARAMETER + activations * ACTIVATION_BYTES;
}

export function checkpointBytes({ parameters }: StageSize): number {
  return parameters * FILE_BYTES_A_PARAMETER;
}

/** What the time of a step is about in proportion to. */
export function stepWork({ parameters, activations }: StageSize, tokens: number): number {
  return parameters * tokens + activations;
}

/** Bytes of a decoded window. */
export function windowBytes({ window }: TrainingConfig): number {
  return window.frames * window.size * window.size * 3;
}

/** Bytes of what is coded of a clip: its tokens, those of its last picture, whether it closes its loop, its caption's feature. */
export function tokenBytes({ tokenizer, gpt, window }: TrainingConfig): number {
  const { tokens, frameTokens } = tokenizerShape(tokenizer.model, window);
  return 4 * (tokens + frameTokens + 1 + gpt.model.textFeatures);
}
