/** The second stage: the GPT over the tokens of clips and the text of their captions. */
import { captionFeeds, conditionedFeeds, generateFeeds, type GptExample } from '#main/ml/gpt/batches.ts';
import { gptParameters } from '#main/ml/gpt/parameters.ts';
import { gptShape } from '#main/ml/gpt/shape.ts';
import { gptTask, type GptSequence } from '#main/ml/gpt/training-task.ts';
import { adapted, withAdapters } from '#main/ml/nn/lora.ts';
import type { Weights } from '#main/ml/nn/parameters.ts';
import type { BytePairEncoding } from '#main/ml/text/byte-pair-encoding.ts';
import { specialToken } from '#main/ml/text/vocabulary.ts';
import { buildGradientGraph } from '#main/ml/training/gradient-graph.ts';
import type { ClipSource } from '#shared/contract/workers.ts';
import { microBatchFor } from '#shared/domain/stage-counts.ts';
import { conditionShareOf } from '#shared/domain/training-config.ts';
import { breathe } from '../runtime/breathe.ts';
import { chunks } from '../runtime/chunks.ts';
import { evaluateGpt, gptEvaluations } from '../runtime/evaluate-gpt.ts';
import { TEXT_ENCODING_FILE } from '../runtime/load-checkpoint.ts';
import { loweringFor } from '../runtime/session.ts';
import type { Batch } from '../runtime/trainer.ts';
import type { CaptionFeatures } from './caption-features.ts';
import type { ClipCodes } from './encode-clips.ts';
import type { TrainingRun } from './run.ts';
import type { Evaluator, MakeMicroBatch, Stage, ValValues } from './stage.ts';

/** Of the clips that close their loop and know where they arrive, the share that learns `loop`; the others learn `inbetween`. */
const LOOP_SHARE = 0.5;

/** A fourth of the held-out clips tells enough of these tasks: evaluation must not outweigh the epoch before it. */
const CONDITIONED_EVERY = 4;

export interface GptInputs {
  /** The clips of the train split, then the held-out ones. */
  codes: ClipCodes;
  /** Step of the tokenizer checkpoint that the tokens come from. */
  tokenizerStep: number;
  textEncoding: BytePairEncoding;
  /** For a model with `textFeatures`. */
  features: Pick<CaptionFeatures, 'read'> | null;
  /** Of the model that training starts from; random ones where there is none. */
  startWeights?: Weights | null;
}

export function gptStage(
  run: TrainingRun,
  { codes, tokenizerStep, textEncoding, features, startWeights = null }: GptInputs,
): Stage {
  const { config, device } = run.spec;
  const settings = config.gpt;
  const { dropout, captionDropout, wordsDropout, captionShare } = settings;
  const microBatch = microBatchFor(settings.batch, settings.microBatch);
  const shape = gptShape(settings.model, config.tokenizer.model, config.window, textEncoding.vocabulary);
  const lowering = loweringFor(device);
  const conditionShare = conditionShareOf(config);
  const { lora } = settings;
  const graph = (kind: GptSequence) => {
    const task = gptTask(kind, shape, { batch: microBatch, dropout, lowering });
    return buildGradientGraph(lora ? adapted(task, lora) : task, settings);
  };
  const model = gptParameters(shape);
  const example = async ({ caption }: ClipSource, record: number): Promise<GptExample> => {
    const [{ tokens_THW, ...arrival }, feature] = await Promise.all([
      codes.read(record),
      features?.read(caption),
    ]);
    const text = textEncoding.encodePrompt(caption, shape.textLength);
    return { tokens: tokens_THW, text, arrival, ...(feature && { feature }) };
  };
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
    curves: {
      generate: 'loss/train',
      caption: 'caption-loss/train',
      conditioned: 'condition-loss/train',
    },
    files: new Map([[TEXT_ENCODING_FILE, new TextEncoder().encode(JSON.stringify(textEncoding.toJson()))]]),
    tokenizerStep,

    buildGraphs: () => ({
      tasks: {
        generate: graph('generate'),
        caption: graph('caption'),
        ...(conditionShare > 0 ? { conditioned: graph('conditioned') } : {}),
      },
      evaluations: gptEvaluations(shape, microBatch, lowering, { lora, conditioned: conditionShare > 0 }),
    }),

    async load(clips: readonly number[]): Promise<MakeMicroBatch> {
      const examples = await Promise.all(clips.map((clip) => example(run.train[clip]!, clip)));
      const captioned = examples.some(({ text }) => text[0] !== specialToken.empty);
      return (random) => {
        if (captioned && random.uniform() < captionShare)
          return { task: 'caption', batch: captionFeeds(examples, shape, { ...options, random }) };
        const prompt = { ...options, random, captionDropout, wordsDropout };
        if (conditionShare > 0 && random.uniform() < conditionShare) {
          const batch = conditionedFeeds(examples, shape, { ...prompt, loopShare: LOOP_SHARE });
          return { task: 'conditioned', batch };
        }
        return { task: 'generate', batch: generateFeeds(examples, shape, prompt) };
      };
    },

    async evaluate(evaluator: Evaluator, signal: AbortSignal): Promise<ValValues | null> {
      if (held.length === 0) return null;
      const evaluateOne = async (graph: GptSequence, feeds: Batch) => {
        await breathe(signal);
        return evaluator.evaluate(graph, feeds);
      };
      const losses = await evaluateGpt(evaluateOne, heldOut(), shape, microBatch, {
        conditionedEvery: conditionShare > 0 ? CONDITIONED_EVERY : 0,
      });
      return {
        'loss/val': losses.tokenLoss,
        ...(losses.captionLoss === null ? {} : { 'caption-loss/val': losses.captionLoss }),
        ...(losses.inbetweenLoss === null ? {} : { 'inbetween-loss/val': losses.inbetweenLoss }),
        ...(losses.loopLoss === null ? {} : { 'loop-loss/val': losses.loopLoss }),
      };
    },
  };
}
