/** Caption retrieval: each of some clips, and the captions of all of them in the order that the model gives them. */
import { captionScoresGraph } from '#main/ml/eval/caption-scores.ts';
import { chooseCandidates, rankings, retrievalAccuracy } from '#main/ml/eval/retrieval.ts';
import type { GptExample } from '#main/ml/gpt/batches.ts';
import { encodeModel } from '#main/ml/onnx/encode.ts';
import { specialToken } from '#main/ml/text/vocabulary.ts';
import type { Retrieval } from '#shared/contract/evaluation.ts';
import { breathe } from '../runtime/breathe.ts';
import { loweringFor, Session } from '../runtime/session.ts';
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

/** Null when there is nothing to choose from: fewer than two captions that differ. */
export async function measureRetrieval(
  evaluation: Evaluation,
  examples: readonly GptExample[],
): Promise<Retrieval | null> {
  const { spec, context, model, windows } = evaluation;
  const { candidates, others } = chooseForRetrieval(evaluation);
  if (candidates.length < 2) return null;
  const captions = candidates.map((i) => examples[i]!.text);
  const lengths = captions.map((text) => Array.from(text).filter(isText).length);
  const length = Math.max(...lengths);
  const text = Int32Array.from(captions.flatMap((row) => Array.from(row).slice(0, length)));

  const graph = captionScoresGraph(model.gptWeights, model.gptShape, {
    ...{ captions: captions.length, length },
    lowering: loweringFor(spec.device),
  });
  const session = await Session.create(encodeModel(graph), { device: spec.device, threads: spec.threads });
  const total = candidates.length + others.length;
  let done = 0;
  const score = async (tokens: ArrayLike<number>): Promise<Float64Array> => {
    await breathe(context.signal);
    context.progress('retrieve', done++, total);
    const { nats } = await session.run({ tokens: Int32Array.from(tokens), text });
    context.did('retrieve');
    return Float64Array.from(nats as Float32Array, (value) => -value);
  };
  try {
    const logLikelihoods: Float64Array[] = [];
    for (const i of candidates) logLikelihoods.push(await score(examples[i]!.tokens));
    const ofOthers: Float64Array[] = [];
    for (const clip of others) {
      const window = await windows.read(clip, context.signal);
      ofOthers.push(await score(await model.tokenizer.encode(window)));
    }
    context.progress('retrieve', total, total);
    const { total: sum, perToken, lift } = rankings({ logLikelihoods, ofOthers, lengths });
    return {
      candidates: candidates.length,
      total: retrievalAccuracy(sum),
      perToken: retrievalAccuracy(perToken),
      lift: lift && retrievalAccuracy(lift),
    };
  } finally {
    await session.dispose();
  }
}

const isText = (token: number): boolean => token > specialToken.empty;
