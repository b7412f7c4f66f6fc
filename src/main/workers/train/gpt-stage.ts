/** The second stage: the GPT over the tokens of clips and the text of their captions. */
import { captionFeeds, generateFeeds, type GptExample } from '#main/ml/gpt/batches.ts';
import { gptParameters, type GptTask } from '#main/ml/gpt/parameters.ts';
import { gptShape } from '#main/ml/gpt/shape.ts';
import { gptTask } from '#main/ml/gpt/training-task.ts';
import { adapted, withAdapters } from '#main/ml/nn/lora.ts';
import type { Weights } from '#main/ml/nn/parameters.ts';
import type { BytePairEncoding } from '#main/ml/text/byte-pair-encoding.ts';
import { specialToken } from '#main/ml/text/vocabulary.ts';
import { buildGradientGraph } from '#main/ml/training/gradient-graph.ts';
import type { ClipSource } from '#shared/contract/workers.ts';
import { microBatchFor } from '#shared/domain/stage-counts.ts';
import { breathe } from '../runtime/breathe.ts';
import { chunks } from '../runtime/chunks.ts';
import { evaluateGpt, gptEvaluations } from '../runtime/evaluate-gpt.ts';
import { TEXT_ENCODING_FILE } from '../runtime/load-checkpoint.ts';
import { loweringFor } from '../runtime/session.ts';
import type { Batch } from '../runtime/trainer.ts';
import type { TrainingRun } from './run.ts';
import type { Evaluator, MakeMicroBatch, Stage, ValValues } from './stage.ts';
import type { ClipTokens } from './token-file.ts';

export interface GptInputs {
  /** The clips of the train split, then the held-out ones. */
  tokens: ClipTokens;
  /** Step of the tokenizer checkpoint that the tokens come from. */
  tokenizerStep: number;
  textEncoding: BytePairEncoding;
  /** Of the model that training starts from; random ones where there is none. */
  startWeights?: Weights | null;
}

export function gptStage(
  run: TrainingRun,
  { tokens, tokenizerStep, textEncoding, startWeights = null }: GptInputs,
): Stage {
  const { config, device } = run.spec;
  const settings = config.gpt;
  const { dropout, captionDropout, captionShare } = settings;
  const microBatch = microBatchFor(settings.batch, settings.microBatch);
  const shape = gptShape(settings.model, config.tokenizer.model, config.window, textEncoding.vocabulary);
  const lowering = loweringFor(device);
  const { lora } = settings;
  const graph = (kind: GptTask) => {
    const task = gptTask(kind, shape, { batch: microBatch, dropout, lowering });
    return buildGradientGraph(lora ? adapted(task, lora) : task, settings);
  };
  const model = gptParameters(shape);
  const example = async ({ caption }: ClipSource, record: number): Promise<GptExample> => ({
    tokens: await tokens.read(record),
    text: textEncoding.encodePrompt(caption, shape.textLength),
  });
  const held = run.val.map((clip, i) => ({ clip, record: run.train.length + i }));
  const options = { batch: microBatch, dropout };
  async function* heldOut(): AsyncGenerator<GptExample[]> {
    for (const part of chunks(held, microBatch)) {
      yield await Promise.all(part.map(({ clip, record }) => example(clip, record)));
    }
  }

  return {
    name: 'gpt',
    settings,
    microBatchSize: microBatch,
    parameters: lora ? withAdapters(model, lora) : model,
    startWeights,
    curves: { generate: 'loss/train', caption: 'caption-loss/train' },
    files: new Map([[TEXT_ENCODING_FILE, new TextEncoder().encode(JSON.stringify(textEncoding.toJson()))]]),
    tokenizerStep,

    buildGraphs: () => ({
      tasks: {
        generate: graph('generate'),
        caption: graph('caption'),
      },
      evaluations: gptEvaluations(shape, microBatch, lowering, lora),
    }),

    async load(clips: readonly number[]): Promise<MakeMicroBatch> {
      const examples = await Promise.all(clips.map((clip) => example(run.train[clip]!, clip)));
      const captioned = examples.some(({ text }) => text[0] !== specialToken.empty);
      return (random) =>
        captioned && random.uniform() < captionShare
          ? { task: 'caption', batch: captionFeeds(examples, shape, { ...options, random }) }
          : {
              task: 'generate',
              batch: generateFeeds(examples, shape, { ...options, random, captionDropout }),
            };
    },

    async evaluate(evaluator: Evaluator, signal: AbortSignal): Promise<ValValues | null> {
      if (held.length === 0) return null;
      const evaluateOne = async (graph: GptTask, feeds: Batch) => {
        await breathe(signal);
        return evaluator.evaluate(graph, feeds);
      };
      const { tokenLoss, captionLoss } = await evaluateGpt(evaluateOne, heldOut(), shape, microBatch);
      return { 'loss/val': tokenLoss, ...(captionLoss === null ? {} : { 'caption-loss/val': captionLoss }) };
    },
  };
}
