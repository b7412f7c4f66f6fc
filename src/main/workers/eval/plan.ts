/** What an evaluation consists of, and a guess of what each piece costs, for the time left before anything was measured. */
import type { Weights } from '#main/ml/nn/parameters.ts';
import { microBatchFor } from '#shared/domain/stage-counts.ts';
import type { PlannedWork } from '../runtime/time-left.ts';
import type { Evaluation } from './evaluation.ts';
import { readingsOf } from './measure-predictions.ts';
import { evalSettings, takePrompts } from './make-takes.ts';
import { chooseForRetrieval } from './measure-retrieval.ts';

/** Multiplications and additions a second and thread; what was measured soon takes its place. */
const RATE = 3e10;
/** Reading a window, and comparing it with its copy. */
const SECONDS_A_CLIP = 0.1;
/** Drawing takes side by side. */
const SECONDS_A_SHEET = 0.3;
/** Reading a window, and looking whether it is nearest to a take. */
const SECONDS_A_COMPARISON = 0.005;

export function planEvaluation(evaluation: Evaluation): PlannedWork[] {
  const { spec, clips, trainClips, model } = evaluation;
  const { gptShape, config } = model;
  const parameters = countOf(model.gptWeights);
  const passSeconds = (tokens: number) => (2 * parameters * tokens) / (RATE * spec.threads);
  const batch = microBatchFor(config.gpt.batch, config.gpt.microBatch);
  const { candidates, others } = chooseForRetrieval(evaluation);
  const { steps, guidance } = evalSettings(evaluation);
  const prompts = takePrompts(evaluation).length;
  const rowsOfAPrompt = spec.takes * (guidance > 1 ? 2 : 1);
  // Each step of a latent frame, and once more when it is decided.
  const readings = gptShape.order === 'frame' ? steps + 1 : 1;
  const captionTokens = (candidates.length * gptShape.textLength) / 2;
  return [
    work('reconstruct', clips.length, SECONDS_A_CLIP),
    work(
      'predict',
      readingsOf(model) * Math.ceil(clips.length / batch),
      // In `frame` order a clip is read twice in a sequence, clean and masked.
      batch * passSeconds(gptShape.videoTokens * (gptShape.order === 'frame' ? 2 : 1)),
    ),
    work(
      'retrieve',
      candidates.length < 2 ? 0 : candidates.length + others.length,
      passSeconds(gptShape.videoTokens + captionTokens),
    ),
    work('sample', prompts * gptShape.grid.T, rowsOfAPrompt * passSeconds(gptShape.frameTokens * readings)),
    work('draw', prompts === 0 || spec.gridFolder === null ? 0 : config.window.frames + 1, SECONDS_A_SHEET),
    work('compare', prompts === 0 ? 0 : clips.length + trainClips.length, SECONDS_A_COMPARISON),
  ];
}

const work = (phase: string, count: number, seconds: number): PlannedWork => ({
  ...{ phase, activity: phase, count, seconds },
});

function countOf(weights: Weights): number {
  return [...weights.values()].reduce((sum, { length }) => sum + length, 0);
}
