/** Cuts text into the pieces inside which bytes may be merged: a word with the space before it, digits, signs, blanks. */

const piece = / ?[\p{L}\p{M}]+| ?\p{N}+| ?[^\s\p{L}\p{M}\p{N}]+|\s+/gu;

/** The pieces, which joined give the text again. */
export function splitWords(text: string): string[] {
  return text.match(piece) ?? [];
}
