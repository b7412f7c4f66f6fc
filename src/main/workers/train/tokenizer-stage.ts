/** The first stage: the autoencoder that turns windows into tokens. */
import type { Weights } from '#main/ml/nn/parameters.ts';
import { tokenizerParameters } from '#main/ml/tokenizer/model.ts';
import { toPatches, type Patches } from '#main/ml/tokenizer/patches.ts';
import { tokenizerShape, type TokenizerShape } from '#main/ml/tokenizer/shape.ts';
import { reconstructionEvaluation, reconstructionTask } from '#main/ml/tokenizer/training.ts';
import { buildGradientGraph, buildLossGraph } from '#main/ml/training/gradient-graph.ts';
import { microBatchFor } from '#shared/domain/stage-counts.ts';
import { breathe } from '../runtime/breathe.ts';
import { loweringFor } from '../runtime/session.ts';
import type { Batch } from '../runtime/trainer.ts';
import type { TrainingRun } from './run.ts';
import type { Evaluator, MakeMicroBatch, Stage, ValValues } from './stage.ts';

/** `startWeights`: of the tokenizer that training starts from; null for random ones. */
export function tokenizerStage(run: TrainingRun, startWeights: Weights | null = null): Stage {
  const { config, device } = run.spec;
  const settings = config.tokenizer;
  const { part, structure } = settings;
  const shape = tokenizerShape(settings.model, config.window);
  const lowering = loweringFor(device);
  const microBatch = microBatchFor(settings.batch, settings.microBatch);

  let patches: Patches | undefined;

  return {
    name: 'tokenizer',
    settings,
    microBatchSize: microBatch,
    parameters: tokenizerParameters(shape, part),
    startWeights,
    curves: { reconstruct: 'loss/train' },
    files: new Map(),
    tokenizerStep: null,

    buildGraphs: () => ({
      tasks: {
        reconstruct: buildGradientGraph(
          reconstructionTask(shape, { microBatch, lowering, part, structure }),
          settings,
        ),
      },
      evaluations: {
        reconstruct: buildLossGraph(reconstructionEvaluation(shape, { microBatch: 1, lowering, structure })),
      },
    }),

    async load(clips: readonly number[]): Promise<MakeMicroBatch> {
      const windows = await Promise.all(clips.map((clip) => run.windows.read(run.train[clip]!)));
      return (random) => {
        // Left and right swapped: twice the pictures to learn from. Tokens are learned from clips as they are.
        const mirrored = windows.map(() => random.uniform() < 0.5);
        // A graph has read its batch before the next one is made: all share one piece of memory.
        patches = toPatches(windows, shape, { mirrored, ...(patches && { into: patches }) });
        return { task: 'reconstruct', batch: patchBatch(patches, shape) };
      };
    },

    async evaluate(evaluator: Evaluator, signal: AbortSignal): Promise<ValValues | null> {
      if (run.val.length === 0) return null;
      let loss = 0;
      let psnr = 0;
      for (const clip of run.val) {
        await breathe(signal);
        const window = await run.windows.read(clip);
        const values = await evaluator.evaluate('reconstruct', patchBatch(toPatches([window], shape), shape));
        loss += values.loss! / run.val.length;
        psnr += values.psnr! / run.val.length;
      }
      return { 'loss/val': loss, 'psnr/val': psnr };
    },
  };
}

function patchBatch({ first, later }: Patches, shape: TokenizerShape): Batch {
  return shape.T === 1 ? { first } : { first, later };
}
