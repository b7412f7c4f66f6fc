/** The second stage: the GPT over the tokens of clips and the text of their captions. */
import { captionFeeds, generateFeeds, type GptExample } from '#main/ml/gpt/batches.ts';
import { gptParameters, type GptTask } from '#main/ml/gpt/parameters.ts';
import { gptShape } from '#main/ml/gpt/shape.ts';
import { gptTask } from '#main/ml/gpt/training-task.ts';
import type { BytePairEncoding } from '#main/ml/text/byte-pair-encoding.ts';
import { specialToken } from '#main/ml/text/vocabulary.ts';
import { buildGradientGraph } from '#main/ml/training/gradient-graph.ts';
import type { ClipSource } from '#shared/contract/workers.ts';
import { microBatchFor } from '#shared/domain/stage-counts.ts';
import { breathe } from '../runtime/breathe.ts';
import { evaluateGpt, gptEvaluations } from '../runtime/evaluate-gpt.ts';
import { TEXT_ENCODING_FILE } from '../runtime/load-checkpoint.ts';
import { loweringFor } from '../runtime/session.ts';
import type { Batch, Trainer } from '../runtime/trainer.ts';
import type { ClipTokens } from './encode-clips.ts';
import type { TrainingRun } from './run.ts';
import type { MakeMicroBatch, Stage, ValValues } from './stage.ts';

export interface GptInputs {
  tokens: ClipTokens;
  /** Step of the tokenizer checkpoint that the tokens come from. */
  tokenizerStep: number;
  textEncoding: BytePairEncoding;
}

export function gptStage(run: TrainingRun, { tokens, tokenizerStep, textEncoding }: GptInputs): Stage {
  const { config, device } = run.spec;
  const settings = config.gpt;
  const { dropout, captionDropout, captionShare } = settings;
  const microBatch = microBatchFor(settings.batch, settings.microBatch);
  const shape = gptShape(settings.model, config.tokenizer.model, config.window, textEncoding.vocabulary);
  const lowering = loweringFor(device);
  const graph = (task: GptTask) => gptTask(task, shape, { batch: microBatch, dropout, lowering });
  const exampleOf = (clip: ClipSource): GptExample => ({
    tokens: tokens.get(clip.clipId)!,
    text: textEncoding.encodePrompt(clip.caption, shape.textLength),
  });
  const train = run.train.map(exampleOf);
  const val = run.val.map(exampleOf);
  const options = { batch: microBatch, dropout };

  return {
    name: 'gpt',
    settings,
    microBatchSize: microBatch,
    parameters: gptParameters(shape),
    curves: { generate: 'loss/train', caption: 'caption-loss/train' },
    files: new Map([[TEXT_ENCODING_FILE, new TextEncoder().encode(JSON.stringify(textEncoding.toJson()))]]),
    tokenizerStep,

    buildGraphs: () => ({
      tasks: {
        generate: buildGradientGraph(graph('generate'), settings),
        caption: buildGradientGraph(graph('caption'), settings),
      },
      evaluations: gptEvaluations(shape, microBatch, lowering),
    }),

    async load(clips: readonly number[]): Promise<MakeMicroBatch> {
      const examples = clips.map((clip) => train[clip]!);
      const captioned = examples.some(({ text }) => text[0] !== specialToken.empty);
      return (random) =>
        captioned && random.uniform() < captionShare
          ? { task: 'caption', batch: captionFeeds(examples, shape, { ...options, random }) }
          : {
              task: 'generate',
              batch: generateFeeds(examples, shape, { ...options, random, captionDropout }),
            };
    },

    async evaluate(trainer: Trainer, signal: AbortSignal): Promise<ValValues | null> {
      if (val.length === 0) return null;
      const run = async (graph: GptTask, feeds: Batch) => {
        await breathe(signal);
        return trainer.evaluate(graph, feeds);
      };
      const { tokenLoss, captionLoss } = await evaluateGpt(run, val, shape, microBatch);
      return { 'loss/val': tokenLoss, ...(captionLoss === null ? {} : { 'caption-loss/val': captionLoss }) };
    },
  };
}
