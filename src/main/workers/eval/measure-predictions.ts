/** How well the GPT predicts the tokens of clips, task by task and without their captions, and captions from clips. */
import type { GptExample } from '#main/ml/gpt/batches.ts';
import { microBatchFor } from '#shared/domain/stage-counts.ts';
import { conditionShareOf } from '#shared/domain/training-config.ts';
import { breathe } from '../runtime/breathe.ts';
import { chunks } from '../runtime/chunks.ts';
import { evaluateGpt, gptEvaluations } from '../runtime/evaluate-gpt.ts';
import type { LoadedModel } from '../runtime/load-checkpoint.ts';
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
  /** Nats a video token where the last picture is given; null for a model that has not learned it. */
  readonly inbetweenLoss: number | null;
  /** The same of clips that end where they begin, where that is said; null also when none does. */
  readonly loopLoss: number | null;
}

/**
 * Times that each micro-batch is read at most: for its tokens, for its captions, for its tokens without captions, and by a model
 * that has learned it given the last picture, and as a loop.
 */
export const readingsOf = (model: LoadedModel): number => (knowsArrivals(model) ? 5 : 3);

const knowsArrivals = ({ config }: LoadedModel): boolean => conditionShareOf(config) > 0;

export async function measurePredictions(
  { spec, context, model }: Evaluation,
  examples: readonly GptExample[],
): Promise<PredictionMeasures> {
  const { config, gptShape, gptWeights, prompts } = model;
  const batch = microBatchFor(config.gpt.batch, config.gpt.microBatch);
  const conditioned = knowsArrivals(model);
  const sessions = await LossSessions.open(
    gptEvaluations(gptShape, batch, loweringFor(spec.device), { conditioned }),
    gptWeights,
    spec,
  );
  const total = readingsOf(model) * Math.ceil(examples.length / batch);
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
    const given = await evaluateGpt(evaluate, chunks(examples, batch), gptShape, batch, {
      conditionedEvery: conditioned ? 1 : 0,
    });
    const alone = await evaluateGpt(uncaptioned, chunks(withoutText, batch), gptShape, batch);
    context.progress('predict', total, total);
    return { ...given, tokenLossUncaptioned: alone.tokenLoss };
  } finally {
    await sessions.dispose();
  }
}
