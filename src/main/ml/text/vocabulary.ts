/** The fixed part of every text vocabulary: four special tokens, then the 256 bytes; merges come after. */

/** `pad` fills up to the length, `empty` stands for "no caption", `start` and `end` enclose a text that is written. */
export const specialToken = { pad: 0, empty: 1, start: 2, end: 3 } as const;

/** Token of byte b is `firstByte + b`. */
export const firstByte = 4;
/** Token of merge i is `firstMerge + i`. */
export const firstMerge = firstByte + 256;
