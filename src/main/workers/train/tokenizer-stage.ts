/** The first stage: the autoencoder that turns windows into tokens. */
import { tokenizerParameters } from '#main/ml/tokenizer/model.ts';
import { toPatches } from '#main/ml/tokenizer/patches.ts';
import { tokenizerShape, type TokenizerShape } from '#main/ml/tokenizer/shape.ts';
import { reconstructionEvaluation, reconstructionTask } from '#main/ml/tokenizer/training.ts';
import { buildGradientGraph, buildLossGraph } from '#main/ml/training/gradient-graph.ts';
import { microBatchFor } from '#shared/domain/stage-counts.ts';
import { breathe } from '../runtime/breathe.ts';
import { loweringFor } from '../runtime/session.ts';
import type { Batch, Trainer } from '../runtime/trainer.ts';
import type { TrainingRun } from './run.ts';
import type { MakeMicroBatch, Stage, ValValues } from './stage.ts';

export function tokenizerStage(run: TrainingRun): Stage {
  const { config, device } = run.spec;
  const settings = config.tokenizer;
  const shape = tokenizerShape(settings.model, config.window);
  const lowering = loweringFor(device);
  const microBatch = microBatchFor(settings.batch, settings.microBatch);

  return {
    name: 'tokenizer',
    settings,
    microBatchSize: microBatch,
    parameters: tokenizerParameters(shape),
    curves: { reconstruct: 'loss/train' },
    files: new Map(),
    tokenizerStep: null,

    buildGraphs: () => ({
      tasks: {
        reconstruct: buildGradientGraph(reconstructionTask(shape, { microBatch, lowering }), settings),
      },
      evaluations: {
        reconstruct: buildLossGraph(reconstructionEvaluation(shape, { microBatch: 1, lowering })),
      },
    }),

    async load(clips: readonly number[]): Promise<MakeMicroBatch> {
      const windows = await Promise.all(clips.map((clip) => run.windows.read(run.train[clip]!)));
      return (random) => {
        const seen = windows.map((window) =>
          random.uniform() < 0.5 ? mirrored(window, shape.size) : window,
        );
        return { task: 'reconstruct', batch: patchBatch(seen, shape) };
      };
    },

    async evaluate(trainer: Trainer, signal: AbortSignal): Promise<ValValues | null> {
      if (run.val.length === 0) return null;
      let loss = 0;
      let psnr = 0;
      for (const clip of run.val) {
        await breathe(signal);
        const window = await run.windows.read(clip);
        const values = await trainer.evaluate('reconstruct', patchBatch([window], shape));
        loss += values.loss! / run.val.length;
        psnr += values.psnr! / run.val.length;
      }
      return { 'loss/val': loss, 'psnr/val': psnr };
    },
  };
}

function patchBatch(windows: readonly Uint8Array[], shape: TokenizerShape): Batch {
  const { first, later } = toPatches(windows, shape);
  return shape.T === 1 ? { first } : { first, later };
}

/** Left and right swapped: twice the pictures to learn from. Tokens are learned from clips as they are. */
function mirrored(window_THWC: Uint8Array, size: number): Uint8Array {
  const copy = new Uint8Array(window_THWC.length);
  const rowBytes = size * 3;
  for (let row = 0; row < copy.length; row += rowBytes) {
    for (let x = 0; x < rowBytes; x += 3) {
      const to = row + x;
      const from = row + rowBytes - 3 - x;
      copy[to] = window_THWC[from]!;
      copy[to + 1] = window_THWC[from + 1]!;
      copy[to + 2] = window_THWC[from + 2]!;
    }
  }
  return copy;
}
