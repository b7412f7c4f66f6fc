/** Our tokenizer as a candidate: patches and attention. */
import type { Levels } from '#main/ml/tokenizer/fsq.ts';
import { tokenizerParameters } from '#main/ml/tokenizer/model.ts';
import { toPatches } from '#main/ml/tokenizer/patches.ts';
import { tokenizerShape } from '#main/ml/tokenizer/shape.ts';
import { reconstructionTask } from '#main/ml/tokenizer/training.ts';
import { loweringFor } from '#main/workers/runtime/session.ts';
import { VideoTokenizer } from '#main/workers/runtime/video-tokenizer.ts';
import { tokenizerConfig, type TokenizerConfig, type WindowConfig } from '#shared/domain/training-config.ts';
import type { Candidate } from './candidate.ts';

export function patchCandidate(
  name: string,
  model: Partial<TokenizerConfig> & { levels: Levels },
  window: WindowConfig,
): Candidate {
  const shape = tokenizerShape(tokenizerConfig.parse(model), window);
  return {
    name,
    levels: model.levels,
    task: (microBatch) => reconstructionTask(shape, { microBatch, lowering: loweringFor('cpu') }),
    batch: (windows) => ({ ...toPatches(windows, shape) }),
    async open(weights, compute) {
      tokenizerParameters(shape).check(weights);
      const tokenizer = new VideoTokenizer(weights, shape, compute);
      return {
        async copy(window) {
          const tokens = await tokenizer.encode(window);
          return { tokens, frames: await tokenizer.decode(tokens) };
        },
        dispose: () => tokenizer.dispose(),
      };
    },
  };
}
