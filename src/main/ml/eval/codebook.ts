/** Which entries of a codebook are used, and how evenly. */

export interface CodebookUse {
  /** Share of entries that occur at least once, 0 … 1. */
  use: number;
  /** The exponential of the entropy: how many entries would do if all were equally frequent. */
  perplexity: number;
}

/** Counts tokens 0 … size-1 over any number of clips. */
export function createCodebookCounter(size: number) {
  const counts = new Float64Array(size);
  let total = 0;

  return {
    add(tokens: Iterable<number>): void {
      for (const token of tokens) {
        if (!(token >= 0 && token < size)) throw new Error(`Token ${token} is not in a codebook of ${size}`);
        counts[token]! += 1;
        total += 1;
      }
    },

    result(): CodebookUse {
      const used = counts.filter((count) => count > 0);
      const entropy = used.reduce((sum, count) => sum - (count / total) * Math.log(count / total), 0);
      return { use: used.length / size, perplexity: total === 0 ? 0 : Math.exp(entropy) };
    },
  };
}
