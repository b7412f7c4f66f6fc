/** What an evaluation consists of, and a guess of what each piece costs, for the time left before anything was measured. */
import type { Weights } from '#main/ml/nn/parameters.ts';
import { microBatchFor } from '#shared/domain/stage-counts.ts';
import type { PlannedWork } from '../runtime/time-left.ts';
import type { Evaluation } from './evaluation.ts';
import { READINGS } from './measure-predictions.ts';
import { chooseForRetrieval } from './measure-retrieval.ts';

/** Multiplications and additions a second and thread; what was measured soon takes its place. */
const RATE = 3e10;
/** Reading a window, and comparing it with its copy. */
const SECONDS_A_CLIP = 0.1;

export function planEvaluation(evaluation: Evaluation): PlannedWork[] {
  const { spec, clips, model } = evaluation;
  const { gptShape, config } = model;
  const parameters = countOf(model.gptWeights);
  const passSeconds = (tokens: number) => (2 * parameters * tokens) / (RATE * spec.threads);
  const batch = microBatchFor(config.gpt.batch, config.gpt.microBatch);
  const { candidates, others } = chooseForRetrieval(evaluation);
  const captionTokens = (candidates.length * gptShape.textLength) / 2;
  return [
    work('reconstruct', clips.length, SECONDS_A_CLIP),
    work(
      'predict',
      READINGS * Math.ceil(clips.length / batch),
      // In `frame` order a clip is read twice in a sequence, clean and masked.
      batch * passSeconds(gptShape.videoTokens * (gptShape.order === 'frame' ? 2 : 1)),
    ),
    work(
      'retrieve',
      candidates.length < 2 ? 0 : candidates.length + others.length,
      passSeconds(gptShape.videoTokens + captionTokens),
    ),
  ];
}

const work = (phase: string, count: number, seconds: number): PlannedWork => ({
  ...{ phase, activity: phase, count, seconds },
});

function countOf(weights: Weights): number {
  return [...weights.values()].reduce((sum, { length }) => sum + length, 0);
}
