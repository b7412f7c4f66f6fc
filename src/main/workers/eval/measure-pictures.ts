/** Turns each clip into tokens and back: how well it is given back, and the tokens for what comes next. */
import { createCodebookCounter } from '#main/ml/eval/codebook.ts';
import { createReconstructionMeter, type ReconstructionQuality } from '#main/ml/eval/reconstruction.ts';
import type { GptExample } from '#main/ml/gpt/batches.ts';
import { codebookSize } from '#main/ml/tokenizer/fsq.ts';
import { breathe } from '../runtime/breathe.ts';
import { encodeClip } from '../runtime/encode-clip.ts';
import type { Evaluation } from './evaluation.ts';

export interface PictureMeasures extends ReconstructionQuality {
  readonly codebookUse: number;
  /** In the order of the clips. */
  readonly examples: readonly GptExample[];
}

export async function measurePictures({
  clips,
  model: { config, tokenizer, prompts },
  windows,
  context,
}: Evaluation): Promise<PictureMeasures> {
  const { size } = config.window;
  const quality = createReconstructionMeter({ width: size, height: size });
  const codebook = createCodebookCounter(codebookSize(tokenizer.shape.levels));
  const examples: GptExample[] = [];
  for (const [done, clip] of clips.entries()) {
    context.progress('reconstruct', done, clips.length);
    const window = await windows.read(clip, context.signal);
    const { tokens_THW: tokens, ...arrival } = await encodeClip(tokenizer, window);
    codebook.add(tokens);
    quality.add(window, await tokenizer.decode(tokens));
    examples.push({ tokens, arrival, ...(await prompts.read(clip.caption)) });
    await breathe(context.signal);
    context.did('reconstruct');
  }
  context.progress('reconstruct', clips.length, clips.length);
  return { examples, ...quality.result(), codebookUse: codebook.result().use };
}
