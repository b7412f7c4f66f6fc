/** Evaluates a model: pictures first, then predictions, what it makes of captions, and takes. */
import { chooseByLot } from '#main/ml/eval/choose-by-lot.ts';
import { bitsPerPixel } from '#main/ml/eval/bits-per-pixel.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { loadModel } from '../runtime/load-checkpoint.ts';
import { readSnapshot } from '../runtime/read-snapshot.ts';
import type { WorkerHandler } from '../runtime/serve-worker.ts';
import { createWindowCache } from '../runtime/window-cache.ts';
import { drawTakes } from './draw-takes.ts';
import type { Evaluation } from './evaluation.ts';
import { makeTakes } from './make-takes.ts';
import { measurePictures } from './measure-pictures.ts';
import { measurePredictions } from './measure-predictions.ts';
import { measureRetrieval } from './measure-retrieval.ts';
import { measureTakes } from './measure-takes.ts';
import { planEvaluation } from './plan.ts';

/** Every evaluation picks the same clips of the same snapshot, so that runs compare. */
const CLIPS_SEED = 1;

/**
 * The spec names folders and files alone: a run, or a model package, needs no workspace to be evaluated. Throws AppError
 * `no-clips`, `cancelled`, `disk-full`, and those of reading models and of decoding.
 */
export const evaluateRun: WorkerHandler<'eval'> = async (spec, context) => {
  const { members } = await readSnapshot(spec.snapshotPath);
  const inSplit = members.filter(({ split }) => split === spec.split);
  const clips = chooseByLot(inSplit, spec.clips ?? inSplit.length, CLIPS_SEED);
  if (clips.length === 0) throw new AppError('no-clips');
  const model = await loadModel(spec.runFolder, spec, context.notice);
  const evaluation: Evaluation = {
    ...{ spec, context, model, clips },
    trainClips: members.filter(({ split }) => split === 'train'),
    windows: createWindowCache(spec.cacheFolder, model.config.window, spec.tools),
  };
  context.plan(planEvaluation(evaluation));
  try {
    const { examples, ...pictures } = await measurePictures(evaluation);
    const { tokenLossUncaptioned, ...losses } = await measurePredictions(evaluation, examples);
    const { tokenLoss } = losses;
    const retrieval = await measureRetrieval(evaluation, examples);
    const made = await makeTakes(evaluation);
    await drawTakes(evaluation, made);
    const takes = await measureTakes(evaluation, made);
    const { frames, size } = model.config.window;
    const bits = (loss: number) => bitsPerPixel(loss * model.gptShape.videoTokens, frames * size * size);
    const report = {
      runId: spec.runId,
      split: spec.split,
      clips: clips.length,
      ...losses,
      perplexity: Math.exp(tokenLoss),
      bitsPerPixel: bits(tokenLoss),
      bitsPerPixelUncaptioned: bits(tokenLossUncaptioned),
      retrieval,
      ...pictures,
      takes,
    };
    return { report };
  } finally {
    await model.prompts.dispose();
    await model.tokenizer.dispose();
  }
};
