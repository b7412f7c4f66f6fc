/** Held-out losses of a GPT over any number of clips, task by task, in nats a token. */
import {
  captionFeeds,
  conditionedFeeds,
  generateFeeds,
  type GptExample,
  type GptFeeds,
} from '#main/ml/gpt/batches.ts';
import type { GptShape } from '#main/ml/gpt/shape.ts';
import { gptTask, type GptSequence } from '#main/ml/gpt/training-task.ts';
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
  /** Of tokens given the last picture; null unless it was asked for. */
  inbetweenLoss: number | null;
  /** Of tokens given that the clip comes back to its first picture; null when none does. */
  loopLoss: number | null;
}

export interface GptEvaluationOptions {
  /** Over a model and its adapters apart. */
  lora?: LoraConfig | null;
  /** Also the tasks that know at which picture the clip arrives. */
  conditioned?: boolean;
}

/** The graphs that `evaluateGpt` runs; `conditioned` only where it is asked for. */
export function gptEvaluations(
  shape: GptShape,
  batch: number,
  lowering: Lowering,
  { lora = null, conditioned = false }: GptEvaluationOptions = {},
): Partial<Record<GptSequence, TrainingGraph>> & Record<'generate' | 'caption', TrainingGraph> {
  const graph = (kind: GptSequence) => {
    const task = gptTask(kind, shape, { batch, lowering });
    return buildLossGraph(lora ? adapted(task, lora) : task);
  };
  return {
    generate: graph('generate'),
    caption: graph('caption'),
    ...(conditioned ? { conditioned: graph('conditioned') } : {}),
  };
}

/**
 * `evaluate` runs one of the graphs and gives its metrics, as `Trainer.evaluate` does; `parts` are of at most `batch` clips. Tasks
 * that know where a clip arrives are evaluated on every `conditionedEvery`th part, from the first on; on none when it is 0.
 */
export async function evaluateGpt(
  evaluate: (graph: GptSequence, feeds: Batch) => Promise<Record<string, number>>,
  parts: Iterable<readonly GptExample[]> | AsyncIterable<readonly GptExample[]>,
  shape: GptShape,
  batch: number,
  { conditionedEvery = 0 }: { conditionedEvery?: number } = {},
): Promise<GptLosses> {
  const mean = () => {
    // Each task draws by itself: what is evaluated besides changes nothing.
    const random = Random.seeded(MASK_SEED, 'evaluation');
    const sum = { nats: 0, counts: 0 };
    return {
      options: { batch, random },
      async add(graph: GptSequence, feeds: GptFeeds): Promise<void> {
        const { nats, counts } = await evaluate(graph, feeds);
        sum.nats += nats!;
        sum.counts += counts!;
      },
      value: () => (sum.counts === 0 ? null : sum.nats / sum.counts),
    };
  };
  const [tokens, captions, inbetweens, loops] = [mean(), mean(), mean(), mean()];
  const evaluateLoops = (clips: readonly GptExample[]) =>
    loops.add('conditioned', conditionedFeeds(clips, shape, { ...loops.options, loopShare: 1 }));
  // Clips that close their loop, until they fill a batch.
  let closing: GptExample[] = [];
  let done = 0;
  for await (const part of parts) {
    await tokens.add('generate', generateFeeds(part, shape, tokens.options));
    await captions.add('caption', captionFeeds(part, shape, captions.options));
    if (conditionedEvery === 0 || done++ % conditionedEvery !== 0) continue;
    await inbetweens.add(
      'conditioned',
      conditionedFeeds(part, shape, { ...inbetweens.options, loopShare: 0 }),
    );
    closing.push(...part.filter(({ arrival }) => arrival?.closesLoop));
    if (closing.length < batch) continue;
    await evaluateLoops(closing.slice(0, batch));
    closing = closing.slice(batch);
  }
  if (closing.length > 0) await evaluateLoops(closing);
  return {
    tokenLoss: tokens.value()!,
    captionLoss: captions.value(),
    inbetweenLoss: inbetweens.value(),
    loopLoss: loops.value(),
  };
}
