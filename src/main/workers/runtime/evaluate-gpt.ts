/** Held-out losses of a GPT over any number of clips, in nats a token. */
import { captionFeeds, generateFeeds, type GptExample } from '#main/ml/gpt/batches.ts';
import type { GptShape } from '#main/ml/gpt/shape.ts';
import type { GptTask } from '#main/ml/gpt/parameters.ts';
import { gptTask } from '#main/ml/gpt/training-task.ts';
import { adapted } from '#main/ml/nn/lora.ts';
import type { Lowering } from '#main/ml/onnx/graph.ts';
import type { LoraConfig } from '#shared/domain/training-config.ts';
import { Random } from '#shared/domain/random.ts';
import { buildLossGraph, type TrainingGraph } from '#main/ml/training/gradient-graph.ts';
import type { Batch } from './trainer.ts';

/** Every evaluation draws the same masks, so that losses of different weights compare. */
const MASK_SEED = 1;

export interface GptLosses {
  tokenLoss: number;
  /** Null when no clip has a caption. */
  captionLoss: number | null;
}

/** The graphs that `evaluateGpt` runs; with `lora`, over a model and its adapters apart. */
export function gptEvaluations(
  shape: GptShape,
  batch: number,
  lowering: Lowering,
  lora: LoraConfig | null = null,
): Record<'generate' | 'caption', TrainingGraph> {
  const graph = (kind: GptTask) => {
    const task = gptTask(kind, shape, { batch, lowering });
    return buildLossGraph(lora ? adapted(task, lora) : task);
  };
  return { generate: graph('generate'), caption: graph('caption') };
}

/** `evaluate` runs one of the graphs and gives its metrics, as `Trainer.evaluate` does; `parts` are of at most `batch` clips. */
export async function evaluateGpt(
  evaluate: (graph: 'generate' | 'caption', feeds: Batch) => Promise<Record<string, number>>,
  parts: Iterable<readonly GptExample[]> | AsyncIterable<readonly GptExample[]>,
  shape: GptShape,
  batch: number,
): Promise<GptLosses> {
  const random = Random.seeded(MASK_SEED, 'evaluation');
  const tokens = { nats: 0, counts: 0 };
  const captions = { nats: 0, counts: 0 };
  for await (const part of parts) {
    add(tokens, await evaluate('generate', generateFeeds(part, shape, { batch, random })));
    add(captions, await evaluate('caption', captionFeeds(part, shape, { batch, random })));
  }
  return {
    tokenLoss: tokens.nats / tokens.counts,
    captionLoss: captions.counts === 0 ? null : captions.nats / captions.counts,
  };
}

function add(sum: { nats: number; counts: number }, { nats, counts }: Record<string, number>): void {
  sum.nats += nats!;
  sum.counts += counts!;
}
