/** Which settings of a run decide what its parts cost: everything but how long it is to be and what it does not notice. */
import { microBatchFor } from '#shared/domain/stage-counts.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';

/** Two configs for which this is equal have the same costs. A setting that nobody thought of here counts as one that matters. */
export function costSettings(config: TrainingConfig): unknown {
  return {
    ...config,
    seed: null,
    initFrom: null,
    keepCheckpoints: null,
    checkpointEvery: null,
    tokenizer: stageSettings(config.tokenizer),
    gpt: {
      ...stageSettings(config.gpt),
      captionDropout: null,
      wordsDropout: null,
      captionShare: config.gpt.captionShare > 0,
      conditionShare: config.gpt.conditionShare > 0,
    },
  };
}

function stageSettings<Stage extends TrainingConfig['tokenizer' | 'gpt']>(stage: Stage): object {
  const { batch, microBatch, optimizer } = stage;
  const rates = { schedule: null, learningRate: null, warmup: null, finalRate: null, decline: null };
  const memories = { beta1: null, beta2: null, momentum: null, weightDecay: null, ema: optimizer.ema > 0 };
  return {
    ...stage,
    epochs: null,
    batch: null,
    microBatch: microBatchFor(batch, microBatch),
    optimizer: { ...optimizer, ...rates, ...memories },
  };
}
