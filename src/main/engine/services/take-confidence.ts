/** How sure the model was of a take, from the tokens that the take was written with. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { TakeConfidence } from '#shared/contract/generation.ts';

/** What is needed of `tokens.json`: see `take-writer.ts` among the workers. */
const takeTokens = z.object({
  grid: z.object({ H: z.number().int().min(1), W: z.number().int().min(1) }),
  confidence: z.array(z.number().min(0).max(1)).min(1),
});

/**
 * @param framesDone frames of the take: the first latent frame stands for one of them, the others share the rest
 * @returns null where the file is not there, or says nothing of it
 */
export async function readConfidence(path: string, framesDone: number): Promise<TakeConfidence | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  const { success, data } = takeTokens.safeParse(parseJson(text));
  if (!success) return null;
  const { H, W } = data.grid;
  const count = Math.floor(data.confidence.length / (H * W));
  const each = count > 1 ? Math.round((framesDone - 1) / (count - 1)) : 0;
  const latentFrames = Array.from({ length: count }, (_, t) => ({
    firstFrame: t === 0 ? 0 : 1 + (t - 1) * each,
    frameCount: t === 0 ? 1 : each,
    confidence: data.confidence.slice(t * H * W, (t + 1) * H * W),
  }));
  return { rows: H, columns: W, latentFrames };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
