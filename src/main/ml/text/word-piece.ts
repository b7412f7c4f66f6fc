/** WordPiece: text to the tokens that an uncased BERT was trained with. */
import { basicTokens } from './basic-tokens.ts';

/** Pieces that continue a word are written with this before them. */
const continuation = '##';
/** A longer word is unknown as a whole. */
const LONGEST_WORD = 100;

export class WordPiece {
  readonly #tokenOf: ReadonlyMap<string, number>;
  readonly #unknown: number;
  readonly #first: number;
  readonly #last: number;
  readonly #longestPiece: number;

  /** @param pieces the vocabulary; a piece's token is its place. Throws when `[UNK]`, `[CLS]` or `[SEP]` is missing. */
  constructor(pieces: readonly string[]) {
    this.#tokenOf = new Map(pieces.map((piece, token) => [piece, token]));
    this.#unknown = this.#special('[UNK]');
    this.#first = this.#special('[CLS]');
    this.#last = this.#special('[SEP]');
    this.#longestPiece = pieces.reduce((longest, piece) => Math.max(longest, piece.length), 0);
  }

  /**
   * `[CLS]`, the pieces of the text, `[SEP]`: at most `longest` tokens (≥ 2), the end of a longer text is cut off. Names of
   * special tokens that stand in the text are words like any other.
   */
  encode(text: string, longest: number): number[] {
    const tokens = [this.#first];
    for (const word of basicTokens(text)) {
      if (tokens.length >= longest - 1) break;
      tokens.push(...this.#cutWord(word));
    }
    return [...tokens.slice(0, longest - 1), this.#last];
  }

  /** From left to right the longest piece that fits (Wu et al. 2016, arXiv:1609.08144); a word without a way through is unknown. */
  #cutWord(word: string): number[] {
    // `length` counts halves of rare characters: only a word that may be too long is counted by characters.
    if (word.length > LONGEST_WORD && [...word].length > LONGEST_WORD) return [this.#unknown];
    const tokens: number[] = [];
    for (let start = 0; start < word.length;) {
      const prefix = start === 0 ? '' : continuation;
      let end = Math.min(word.length, start + this.#longestPiece);
      let token: number | undefined;
      while (end > start && (token = this.#tokenOf.get(prefix + word.slice(start, end))) === undefined) end--;
      if (token === undefined) return [this.#unknown];
      tokens.push(token);
      start = end;
    }
    return tokens;
  }

  #special(piece: string): number {
    const token = this.#tokenOf.get(piece);
    if (token === undefined) throw new Error(`The vocabulary has no ${piece}`);
    return token;
  }
}
