/** Opens the decoder that suits a device. */
import type { GptShape } from '#main/ml/gpt/shape.ts';
import type { Weights } from '#main/ml/nn/parameters.ts';
import { type Compute, keepsTensors } from '../runtime/session.ts';
import { CachedGpt } from './cached-gpt.ts';
import type { CachedGptOptions, Decoder } from './decoder.ts';
import { DeviceCachedGpt } from './device-cached-gpt.ts';

export function openDecoder(
  weights: Weights,
  shape: GptShape,
  options: CachedGptOptions,
  compute: Compute,
): Promise<Decoder> {
  const kind = keepsTensors(compute.device) ? DeviceCachedGpt : CachedGpt;
  return kind.create(weights, shape, options, compute);
}
