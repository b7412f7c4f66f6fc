/** How well the GPT predicts the tokens of clips, with and without their captions, and captions from clips. */
import type { GptExample } from '#main/ml/gpt/batches.ts';
import { microBatchFor } from '#shared/domain/stage-counts.ts';
import { breathe } from '../runtime/breathe.ts';
import { chunks } from '../runtime/chunks.ts';
import { evaluateGpt, gptEvaluations } from '../runtime/evaluate-gpt.ts';
import { LossSessions } from '../runtime/loss-sessions.ts';
import { loweringFor } from '../runtime/session.ts';
import type { Evaluation } from './evaluation.ts';

export interface PredictionMeasures {
  /** Nats a video token. */
  readonly tokenLoss: number;
  /** The same without captions, under the same masks. */
  readonly tokenLossUncaptioned: number;
  /** Nats a text token; null when no clip has a caption. */
  readonly captionLoss: number | null;
}

/** Times that each micro-batch is read: for its tokens, for its captions, for its tokens without captions. */
export const READINGS = 3;

export async function measurePredictions(
  { spec, context, prompts, model: { config, gptShape, gptWeights } }: Evaluation,
  examples: readonly GptExample[],
): Promise<PredictionMeasures> {
  const batch = microBatchFor(config.gpt.batch, config.gpt.microBatch);
  const sessions = await LossSessions.open(
    gptEvaluations(gptShape, batch, loweringFor(spec.device)),
    gptWeights,
    spec,
  );
  const total = READINGS * Math.ceil(examples.length / batch);
  let done = 0;
  const evaluate: Parameters<typeof evaluateGpt>[0] = async (graph, feeds) => {
    await breathe(context.signal);
    context.progress('predict', done++, total);
    const metrics = await sessions.run(graph, feeds);
    context.did('predict');
    return metrics;
  };
  const uncaptioned: typeof evaluate = (graph, feeds) =>
    graph === 'generate' ? evaluate(graph, feeds) : Promise.resolve({ nats: 0, counts: 0 });

  const noPrompt = await prompts.read('');
  const withoutText = examples.map(({ tokens }) => ({ tokens, ...noPrompt }));
  try {
    const { tokenLoss, captionLoss } = await evaluateGpt(evaluate, chunks(examples, batch), gptShape, batch);
    const alone = await evaluateGpt(uncaptioned, chunks(withoutText, batch), gptShape, batch);
    context.progress('predict', total, total);
    return { tokenLoss, tokenLossUncaptioned: alone.tokenLoss, captionLoss };
  } finally {
    await sessions.dispose();
  }
}
