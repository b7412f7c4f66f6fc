/** Learns byte-pair merges from captions (Sennrich et al. 2016, on bytes as in GPT-2). */
import { mergePair, pairKey, pairOfKey, type Merge } from './merge.ts';
import { splitWords } from './split-words.ts';
import { firstByte, firstMerge } from './vocabulary.ts';

/** A distinct word of the captions as tokens, and how often it occurs. */
interface Word {
  tokens: number[];
  readonly count: number;
}

/**
 * Merges the most frequent adjacent pair again and again until the vocabulary is full or no pair occurs twice. The same
 * captions give the same merges in whatever order they come: ties go to the pair with the smaller tokens.
 *
 * @param vocabulary largest number of tokens, specials and bytes included
 */
export function trainMerges(captions: Iterable<string>, vocabulary: number): Merge[] {
  const words = countWords(captions);
  const merges: Merge[] = [];
  while (firstMerge + merges.length < vocabulary) {
    const best = mostFrequentPair(words);
    if (best === undefined) break;
    const token = firstMerge + merges.length;
    merges.push(best);
    for (const word of words) word.tokens = mergePair(word.tokens, best, token);
  }
  return merges;
}

function countWords(captions: Iterable<string>): Word[] {
  const counts = new Map<string, number>();
  for (const caption of captions) {
    for (const word of splitWords(caption)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const encoder = new TextEncoder();
  return [...counts].map(([text, count]) => ({
    tokens: Array.from(encoder.encode(text), (byte) => firstByte + byte),
    count,
  }));
}

function mostFrequentPair(words: readonly Word[]): Merge | undefined {
  const counts = new Map<number, number>();
  for (const { tokens, count } of words) {
    for (let i = 0; i + 1 < tokens.length; i++) {
      const key = pairKey(tokens[i]!, tokens[i + 1]!);
      counts.set(key, (counts.get(key) ?? 0) + count);
    }
  }
  let bestKey = -1;
  let bestCount = 1;
  for (const [key, count] of counts) {
    if (count > bestCount || (count === bestCount && bestKey >= 0 && key < bestKey)) {
      bestKey = key;
      bestCount = count;
    }
  }
  return bestKey < 0 ? undefined : pairOfKey(bestKey);
}
