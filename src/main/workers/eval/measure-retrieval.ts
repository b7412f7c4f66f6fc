/** Caption retrieval: each of some clips, and the captions of all of them in the order that the model gives them. */
import { chooseCandidates, rankings, retrievalAccuracy } from '#main/ml/eval/retrieval.ts';
import type { GptExample } from '#main/ml/gpt/batches.ts';
import type { Retrieval } from '#shared/contract/evaluation.ts';
import { breathe } from '../runtime/breathe.ts';
import { openCaptionScorer } from './caption-scorer.ts';
import type { Evaluation, Member } from './evaluation.ts';

/** Captions among which each is looked for, where the split has as many clips that show different things. */
const CANDIDATES = 50;
/** Clips that say how likely a caption is anyway: of the train split, or of the measured one where there is no other. */
const OTHERS = 32;
const SEED = 1;

export interface RetrievalChoice {
  /** Indexes of the split's clips. */
  readonly candidates: readonly number[];
  readonly others: readonly Member[];
}

export function chooseForRetrieval({ clips, trainClips }: Evaluation): RetrievalChoice {
  const candidates = chooseCandidates(clips, CANDIDATES, SEED);
  const chosen = candidates.map((i) => clips[i]!);
  const pool = trainClips.length > 0 ? trainClips : clips;
  const others = chooseCandidates(pool, OTHERS, SEED, chosen).map((i) => pool[i]!);
  return { candidates, others };
}

/** Null when there is nothing to choose from: fewer than two captions that differ. Throws AppError `cancelled`. */
export async function measureRetrieval(
  evaluation: Evaluation,
  examples: readonly GptExample[],
): Promise<Retrieval | null> {
  const { spec, context, model, windows } = evaluation;
  const { candidates, others } = chooseForRetrieval(evaluation);
  if (candidates.length < 2) return null;
  const own = candidates.map((i) => examples[i]!);
  const scorer = await openCaptionScorer(
    model.gptWeights,
    model.gptShape,
    own.map(({ text }) => text),
    spec,
  );
  const total = candidates.length + others.length;
  let done = 0;
  const score = async (tokens: ArrayLike<number>): Promise<Float64Array> => {
    await breathe(context.signal);
    context.progress('retrieve', done++, total);
    const scores = await scorer.score(tokens);
    context.did('retrieve');
    return scores;
  };
  try {
    const logLikelihoods: Float64Array[] = [];
    for (const { tokens } of own) logLikelihoods.push(await score(tokens));
    const ofOthers: Float64Array[] = [];
    for (const clip of others) {
      const window = await windows.read(clip, context.signal);
      ofOthers.push(await score(await model.tokenizer.encode(window)));
    }
    context.progress('retrieve', total, total);
    const ranked = rankings({ logLikelihoods, ofOthers, lengths: scorer.lengths });
    return {
      candidates: candidates.length,
      total: retrievalAccuracy(ranked.total),
      perToken: retrievalAccuracy(ranked.perToken),
      lift: ranked.lift && retrievalAccuracy(ranked.lift),
    };
  } finally {
    await scorer.dispose();
  }
}
