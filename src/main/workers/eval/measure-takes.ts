/** What takes are worth: whether they move as real clips do, copy one, and differ from seed to seed. */
import { chooseByLot } from '#main/ml/eval/choose-by-lot.ts';
import { clipSignature, type ClipSignature } from '#main/ml/eval/clip-signature.ts';
import { createMotionComparison } from '#main/ml/eval/motion-comparison.ts';
import { copyScore, createNearestSearch } from '#main/ml/eval/nearest-clip.ts';
import { seedDiversity } from '#main/ml/eval/seed-diversity.ts';
import type { EvaluatedTake, TakeMeasures } from '#shared/contract/evaluation.ts';
import { median } from '#shared/domain/median.ts';
import { breathe } from '../runtime/breathe.ts';
import type { Evaluation, Member } from './evaluation.ts';
import type { PromptTakes } from './make-takes.ts';

/** Clips of the split whose nearest training clips say what is typical. */
const TYPICAL_CLIPS = 64;
const SEED = 3;

/** Reads each clip of the split, and each of the train split, once. Throws AppError `cancelled`, and those of decoding. */
export async function measureTakes(
  evaluation: Evaluation,
  made: readonly PromptTakes[],
): Promise<TakeMeasures | null> {
  if (made.length === 0) return null;
  const { context, model, clips, trainClips, windows, spec } = evaluation;
  const { size: side, frames } = model.config.window;
  const size = { width: side, height: side };
  const total = clips.length + trainClips.length;
  let done = 0;
  const read = async (clip: Member): Promise<Uint8Array> => {
    context.progress('compare', done++, total);
    const window = await windows.read(clip, context.signal);
    await breathe(context.signal);
    context.did('compare');
    return window;
  };

  const [takesToSplit, trainToSplit] = [
    createMotionComparison(size, frames),
    createMotionComparison(size, frames),
  ];
  const takes = made.flatMap((prompt) => prompt.takes.map((take) => ({ ...take, prompt })));
  for (const { frames_THWC, prompt } of takes) if (prompt.isCaption) takesToSplit.addCompared(frames_THWC);

  const typicalClips = new Set(chooseByLot(clips, TYPICAL_CLIPS, SEED));
  const known: { clip: Member; signature: ClipSignature }[] = [];
  for (const clip of clips) {
    const window = await read(clip);
    takesToSplit.addReference(window);
    trainToSplit.addReference(window);
    if (typicalClips.has(clip)) known.push({ clip, signature: clipSignature(window, size) });
  }

  const signatures = takes.map(({ frames_THWC }) => clipSignature(frames_THWC, size));
  const nearestToTakes = createNearestSearch<Member>(signatures);
  // Where the train split itself is measured, a clip is not its own neighbour.
  const nearestToClips = createNearestSearch<Member>(
    known.map(({ signature }) => signature),
    (i, { clipId }) => known[i]!.clip.clipId !== clipId,
  );
  const compared = new Set(chooseByLot(trainClips, clips.length, SEED));
  for (const clip of trainClips) {
    const window = await read(clip);
    if (compared.has(clip)) trainToSplit.addCompared(window);
    const signature = clipSignature(window, size);
    nearestToTakes.offer(clip, signature);
    nearestToClips.offer(clip, signature);
  }
  context.progress('compare', total, total);

  const distances = nearestToClips.result().flatMap((found) => found?.distance ?? []);
  const typicalDistance = distances.length === 0 ? null : median(distances);
  const nearest = nearestToTakes.result();
  const evaluated: EvaluatedTake[] = [];
  for (const [i, { prompt, seed, tokens }] of takes.entries()) {
    const found = nearest[i];
    evaluated.push({
      ...{ prompt: prompt.text, seed },
      nearest:
        found === undefined || typicalDistance === null
          ? null
          : {
              ...{ clipId: found.id.clipId, caption: found.id.caption, distance: found.distance },
              tokenAgreement: await agreement(evaluation, found.id, tokens),
              copyScore: copyScore(found.distance, typicalDistance),
            },
    });
  }
  const scores = evaluated.flatMap((take) => take.nearest?.copyScore ?? []);
  let at = 0;
  return {
    prompts: made.length,
    takesOfEach: spec.takes,
    ofTakes: made.some(({ isCaption }) => isCaption) ? takesToSplit.result() : null,
    ofRealClips: trainClips.length > 0 ? trainToSplit.result() : null,
    typicalDistance,
    copyScore:
      scores.length === 0
        ? null
        : {
            mean: scores.reduce((sum, score) => sum + score, 0) / scores.length,
            highest: Math.max(...scores),
          },
    seedDiversity: seedDiversity(made.map((prompt) => prompt.takes.map(() => signatures[at++]!))),
    takes: evaluated,
  };
}

/** Share of a take's tokens that a clip has in the same places. */
async function agreement({ model, windows, context }: Evaluation, clip: Member, tokens: Int32Array) {
  const own = await model.tokenizer.encode(await windows.read(clip, context.signal));
  return tokens.filter((token, i) => token === own[i]).length / tokens.length;
}
