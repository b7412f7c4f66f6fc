/** Whether the weights of one run mean something to another: the settings that both must share. */
import { AppError } from '../errors/app-error.ts';
import type { TrainingConfig } from './training-config.ts';

/** Throws `invalid-input`, naming the settings, unless a run with `config` can start from the weights of one with `base`. */
export function requireSameModel(base: TrainingConfig, config: TrainingConfig): void {
  const ours = modelSettings(config);
  for (const [field, value] of Object.entries(modelSettings(base))) {
    const [theirs, wanted] = [canonical(value), canonical(ours[field as keyof typeof ours])];
    if (theirs === wanted) continue;
    const problem = `the run to start from has ${theirs}, this one ${wanted}`;
    throw new AppError('invalid-input', { field, problem });
  }
}

/** By path of the setting. */
const modelSettings = ({ window, tokenizer, gpt }: TrainingConfig) => ({
  window,
  'tokenizer.model': tokenizer.model,
  'gpt.model': gpt.model,
});

/** As JSON, whatever the order in which the settings were given. */
const canonical = (settings: object) =>
  JSON.stringify(Object.fromEntries(Object.entries(settings).toSorted()));
