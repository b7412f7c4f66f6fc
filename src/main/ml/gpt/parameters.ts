/** The one set of weights that all tasks and both token orders share. */
import { ParameterSet } from '../nn/parameters.ts';
import type { GptShape } from './shape.ts';

/**
 * What comes first in a sequence and says what is to follow; the number is the row of its embedding. Longer clips and filled-in
 * ones are `generate` too: what is known of a clip is read as if it had been generated.
 */
export const tasks = { generate: 0, caption: 1, inbetween: 2, loop: 3 } as const;
export type GptTask = keyof typeof tasks;

/** Tasks that know from the start at which picture the clip arrives: its last one, or its first one again. */
export type ConditionedTask = 'inbetween' | 'loop';

export const isConditioned = (task: GptTask): task is ConditionedTask =>
  task === 'inbetween' || task === 'loop';

/** Embeddings start small, next to the residual stream's unit scale after the first norm. */
const EMBEDDING_STD = 0.02;

export function gptParameters(shape: GptShape): ParameterSet {
  const { width, heads, depth, innerWidth, textVocabulary, textFeatures, videoLogits } = shape;
  const set = new ParameterSet();
  set.embedding('embedding.task', [Object.keys(tasks).length, width], EMBEDDING_STD);
  set.embedding('embedding.text', [textVocabulary, width], EMBEDDING_STD);
  if (textFeatures > 0) {
    // Features are of length 1: their projections start as large as the other embeddings. Not at zero, where the first norm
    // would multiply gradients by a thousand.
    set.embedding('embedding.feature', [textFeatures, width], EMBEDDING_STD);
  }
  // The factors of the codebook one after the other, and one row more: the mask.
  set.embedding('embedding.video', [videoLogits + 1, width], EMBEDDING_STD);
  for (let i = 0; i < depth; i++) {
    const block = `block.${i}`;
    set.ones(`${block}.attention.norm`, [width]);
    set.matrix(`${block}.attention.qkv`, [width, 3 * width], width ** -0.5, 3);
    set.ones(`${block}.attention.queryNorm`, [width / heads]);
    set.ones(`${block}.attention.keyNorm`, [width / heads]);
    // Blocks start as the identity, so that depth costs no time at the beginning.
    set.declare(`${block}.attention.out`, [width, width], { kind: 'zeros' });
    set.ones(`${block}.feedForward.norm`, [width]);
    set.matrix(`${block}.feedForward.gateUp`, [width, 2 * innerWidth], width ** -0.5, 2);
    set.declare(`${block}.feedForward.down`, [innerWidth, width], { kind: 'zeros' });
  }
  set.ones('norm', [width]);
  set.head('head.video', [width, videoLogits], EMBEDDING_STD);
  set.head('head.text', [width, textVocabulary], EMBEDDING_STD);
  return set;
}
