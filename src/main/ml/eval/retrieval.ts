/** Caption retrieval: whether a model finds the caption of a clip among those of others. */
import { Random } from '#shared/domain/random.ts';

export interface Candidate {
  readonly caption: string;
  /** Clips that show the same thing share one. */
  readonly group?: string | undefined;
}

/**
 * Picks clips whose captions are told apart: at most one of a group and one of a caption (letters' case and spaces
 * aside), so that no candidate is another way to say the same. Without groups, captions alone decide. The same seed picks the
 * same clips, in the same order.
 *
 * @param besides clips whose groups and captions are taken already
 * @returns indexes into `clips`, at most `count`
 */
export function chooseCandidates(
  clips: readonly Candidate[],
  count: number,
  seed: number,
  besides: readonly Candidate[] = [],
): number[] {
  const order = Random.seeded(seed, 'retrieval').shuffle(clips.map((_, i) => i));
  const taken = new Set(besides.flatMap(namesOf));
  const chosen: number[] = [];
  for (const i of order) {
    if (chosen.length === count) break;
    const names = namesOf(clips[i]!);
    if (names.length === 0 || names.some((name) => taken.has(name))) continue;
    for (const name of names) taken.add(name);
    chosen.push(i);
  }
  return chosen;
}

/** What a clip takes away from others; nothing without a caption. */
function namesOf({ caption, group }: Candidate): string[] {
  const words = caption.trim().toLowerCase().replace(/\s+/g, ' ');
  if (words === '') return [];
  return [`caption ${words}`, ...(group === undefined ? [] : [`group ${group}`])];
}

/** Log probabilities of captions given clips. */
export interface CaptionScores {
  /** [clips, captions], in nats: log p(caption | clip), all tokens and the end. */
  readonly logLikelihoods: readonly Float64Array[];
  /** [clips, captions] of clips that are none of the candidates, for what captions are likely anyway; may be empty. */
  readonly ofOthers: readonly Float64Array[];
  /** Tokens of each caption, its end included. */
  readonly lengths: readonly number[];
}

/**
 * Three ways to rank captions by what the model says of them:
 * - `total`: log p(caption | clip). What is short and common wins too often.
 * - `perToken`: that divided by the number of tokens. Takes away most of the advantage of the short, not that of the common.
 * - `lift`: log p(caption | clip) − log p(caption), with p(caption) as the mean of p(caption | other clip) over clips that
 *   show other things. By Bayes it is log p(clip | caption) − log p(clip): where all captions are equally likely beforehand, as among
 *   candidates drawn one a group, that order is the best there is. Null where there are no other clips.
 */
export function rankings({ logLikelihoods, ofOthers, lengths }: CaptionScores): {
  total: Float64Array[];
  perToken: Float64Array[];
  lift: Float64Array[] | null;
} {
  const prior = lengths.map((_, caption) => logMeanExp(ofOthers.map((row) => row[caption]!)));
  return {
    total: logLikelihoods.map((row) => row.slice()),
    perToken: logLikelihoods.map((row) => row.map((value, caption) => value / lengths[caption]!)),
    lift:
      ofOthers.length === 0
        ? null
        : logLikelihoods.map((row) => row.map((value, caption) => value - prior[caption]!)),
  };
}

function logMeanExp(values: readonly number[]): number {
  const largest = Math.max(...values);
  const sum = values.reduce((total, value) => total + Math.exp(value - largest), 0);
  return largest + Math.log(sum / values.length);
}

/**
 * Whether `truth` is among the `most` highest scores: 1 or 0, and where it shares its score with others the probability that it is
 * when ties are broken by lot. A model that scores everything alike gets most / count.
 */
export function isAmongTop(scores: Float64Array, truth: number, most: number): number {
  const own = scores[truth]!;
  let better = 0;
  let tied = 0;
  for (const score of scores) {
    if (score > own) better += 1;
    else if (score === own) tied += 1;
  }
  return Math.min(1, Math.max(0, (most - better) / tied));
}

/** Share of clips whose own caption, the i-th of the i-th clip, is the first, and among the first five. */
export function retrievalAccuracy(scores: readonly Float64Array[]): { top1: number; top5: number } {
  const share = (most: number) =>
    scores.reduce((sum, row, clip) => sum + isAmongTop(row, clip, most), 0) / scores.length;
  return { top1: share(1), top5: share(5) };
}
