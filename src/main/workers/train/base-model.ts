/** The trained model that a run starts from: its weights, its tokenizer and its text encoding, without which they mean nothing. */
import { requireSameModel } from '#shared/domain/same-model.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { ReportDamage } from '../runtime/checkpoint-store.ts';
import { readModel } from '../runtime/load-checkpoint.ts';
import type { TrainedModel } from '../runtime/trained-model.ts';

/**
 * Reads the model in `folder`: a run's or a package. Throws AppError `base-not-trained` when there is none, `checkpoint-damaged`,
 * `model-damaged` or `model-newer`, and `invalid-input`, naming the settings, when it is not the model that `config` describes.
 */
export async function loadBaseModel(
  folder: string,
  config: TrainingConfig,
  report: ReportDamage,
): Promise<TrainedModel> {
  const model = await readModel(folder, report).catch((error: unknown) => {
    if (!(error instanceof AppError && error.code === 'checkpoint-missing')) throw error;
    throw new AppError('base-not-trained', { path: folder });
  });
  requireSameModel(model.config, config);
  return model;
}
