/** Whether another seed gives another clip. */
import { signatureDistance, type ClipSignature } from './clip-signature.ts';

/**
 * Mean distance between takes of the same prompt, divided by the mean distance between takes of different prompts. 0: the
 * seed changes nothing; 1: it changes as much as another prompt does, which also means that the prompt says nothing.
 *
 * @param prompts takes by prompt
 * @returns null with fewer than two prompts, or no prompt with two takes, or takes that are all the same
 */
export function seedDiversity(prompts: readonly (readonly ClipSignature[])[]): number | null {
  const takes = prompts.flatMap((signatures, prompt) =>
    signatures.map((signature) => ({ prompt, signature })),
  );
  const within = { sum: 0, pairs: 0 };
  const between = { sum: 0, pairs: 0 };
  for (const [i, a] of takes.entries()) {
    for (const b of takes.slice(i + 1)) {
      const side = a.prompt === b.prompt ? within : between;
      side.sum += signatureDistance(a.signature, b.signature);
      side.pairs += 1;
    }
  }
  if (within.pairs === 0 || between.sum === 0) return null;
  return within.sum / within.pairs / (between.sum / between.pairs);
}
