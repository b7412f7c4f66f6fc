/** Sums over what a run needs. */
import type { Needs, PhaseSeconds } from '../contract/forecast.ts';

export const totalSeconds = ({ decode, tokenizer, encode, gpt }: PhaseSeconds): number =>
  decode + tokenizer + encode + gpt;

export const diskBytes = ({ disk }: Pick<Needs, 'disk'>): number =>
  disk.checkpoints + disk.windows + disk.tokens;
