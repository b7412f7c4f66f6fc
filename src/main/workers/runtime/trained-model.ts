/** A trained model in memory, wherever it came from. */
import type { GptShape } from '#main/ml/gpt/shape.ts';
import type { Weights } from '#main/ml/nn/parameters.ts';
import type { BytePairEncoding } from '#main/ml/text/byte-pair-encoding.ts';
import type { TokenizerShape } from '#main/ml/tokenizer/shape.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';

/** What a take says about where its model came from: a checkpoint of its run, or a package. */
export type ModelOrigin =
  | { readonly checkpoint: { readonly stage: string; readonly step: number } }
  | { readonly model: { readonly name: string; readonly version: string; readonly sha256: string } };

export interface TrainedModel {
  readonly config: TrainingConfig;
  readonly origin: ModelOrigin;
  /** Held-out loss of exactly these weights in nats a token, where it was measured. */
  readonly valLoss: number | null;
  readonly tokenizerShape: TokenizerShape;
  readonly tokenizerWeights: Weights;
  /** Without it the GPT's text tokens mean nothing. */
  readonly textEncoding: BytePairEncoding;
  readonly gptShape: GptShape;
  /** As they are used: adapters are merged. */
  readonly gptWeights: Weights;
}
