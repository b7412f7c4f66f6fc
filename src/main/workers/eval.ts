/** The evaluation worker: how well a run's best checkpoint predicts, and gives back, clips of one split. */
import type { GptExample } from '#main/ml/gpt/batches.ts';
import { createCodebookCounter } from '#main/ml/eval/codebook.ts';
import { psnr, ssim } from '#main/ml/eval/image-quality.ts';
import { codebookSize } from '#main/ml/tokenizer/fsq.ts';
import type { ClipSource, EvalSpec } from '#shared/contract/workers.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { breathe } from './runtime/breathe.ts';
import { microBatchFor } from '#shared/domain/stage-counts.ts';
import { chunks } from './runtime/chunks.ts';
import { evaluateGpt, gptEvaluations, type GptLosses } from './runtime/evaluate-gpt.ts';
import { loadModel, type LoadedModel } from './runtime/load-checkpoint.ts';
import { LossSessions } from './runtime/loss-sessions.ts';
import { readSnapshot } from './runtime/read-snapshot.ts';
import { serveWorker, type WorkerContext } from './runtime/serve-worker.ts';
import { loweringFor } from './runtime/session.ts';
import { createWindowCache } from './runtime/window-cache.ts';

serveWorker('eval', async (spec, context) => {
  const { members } = await readSnapshot(spec.snapshotPath);
  const clips = members.filter(({ split }) => split === spec.split);
  if (clips.length === 0) throw new AppError('no-clips');
  const model = await loadModel(spec.runFolder, spec, context.notice);
  const { examples, ...pictures } = await evaluatePictures(clips, model, spec, context);
  const { tokenLoss, captionLoss } = await evaluateTokens(examples, model, spec, context);
  const report = {
    runId: spec.runId,
    split: spec.split,
    clips: clips.length,
    tokenLoss,
    perplexity: Math.exp(tokenLoss),
    captionLoss,
    ...pictures,
  };
  return { report };
});

/** Turns each clip into tokens and back: means over clips, and the tokens for what comes next. */
async function evaluatePictures(
  clips: readonly ClipSource[],
  { config, tokenizer, textEncoding, gptShape }: LoadedModel,
  spec: EvalSpec,
  context: WorkerContext,
) {
  const windows = createWindowCache(spec.cacheFolder, config.window, spec.tools);
  const codebook = createCodebookCounter(codebookSize(tokenizer.shape.levels));
  const examples: GptExample[] = [];
  const sums = { psnr: 0, ssim: 0 };
  for (const [done, clip] of clips.entries()) {
    context.progress('reconstruct', done, clips.length);
    const window = await windows.read(clip, context.signal);
    const tokens = await tokenizer.encode(window);
    const copy = await tokenizer.decode(tokens);
    codebook.add(tokens);
    sums.psnr += psnr(window, copy);
    sums.ssim += meanSsim(window, copy, config.window.size);
    examples.push({ tokens, text: textEncoding.encodePrompt(clip.caption, gptShape.textLength) });
    await breathe(context.signal);
  }
  context.progress('reconstruct', clips.length, clips.length);
  await tokenizer.dispose();
  const mean = (sum: number) => sum / clips.length;
  return { examples, psnr: mean(sums.psnr), ssim: mean(sums.ssim), codebookUse: codebook.result().use };
}

async function evaluateTokens(
  examples: readonly GptExample[],
  { config, gptShape, gptWeights }: LoadedModel,
  spec: EvalSpec,
  context: WorkerContext,
): Promise<GptLosses> {
  const batch = microBatchFor(config.gpt.batch, config.gpt.microBatch);
  const graphs = gptEvaluations(gptShape, batch, loweringFor(spec.device));
  const sessions = await LossSessions.open(graphs, gptWeights, spec);
  // Each clip is read twice: once for its tokens, once for its caption.
  const total = 2 * Math.ceil(examples.length / batch);
  let done = 0;
  const evaluate: Parameters<typeof evaluateGpt>[0] = async (graph, feeds) => {
    await breathe(context.signal);
    context.progress('predict', done++, total);
    return sessions.run(graph, feeds);
  };
  const losses = await evaluateGpt(evaluate, chunks(examples, batch), gptShape, batch);
  context.progress('predict', total, total);
  await sessions.dispose();
  return losses;
}

/** Over the frames of two windows frames_THWC. */
function meanSsim(original: Uint8Array, copy: Uint8Array, size: number): number {
  const frameBytes = size * size * 3;
  const frames = original.length / frameBytes;
  let sum = 0;
  for (let at = 0; at < original.length; at += frameBytes) {
    sum += ssim(original.subarray(at, at + frameBytes), copy.subarray(at, at + frameBytes), size, size);
  }
  return sum / frames;
}
