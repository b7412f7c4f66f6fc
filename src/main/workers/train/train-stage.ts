/** Trains a stage, from its start or going on from its newest checkpoint. */
import { isDeepStrictEqual } from 'node:util';
import type { StageMetrics } from '#main/ml/format/manifest.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { rotateCheckpoints, type Checkpoint } from '../runtime/checkpoint-store.ts';
import { exactnessLost } from './computed-with.ts';
import { MetricsReporter } from './metrics.ts';
import type { TrainingRun } from './run.ts';
import type { Stage } from './stage.ts';
import { StageSchedule } from './stage-schedule.ts';
import { announce, StageTraining } from './stage-training.ts';

/** Trains a stage to its end, from `resumed` if it has begun. Throws AppError `cancelled`, `loss-not-finite`. */
export async function trainStage(
  stage: Stage,
  run: TrainingRun,
  resumed: Checkpoint | null,
): Promise<StageMetrics> {
  const { config } = run.spec;
  run.context.progress(`train-${stage.name}`, 0, 0);
  const schedule = new StageSchedule(stage.name, config, run.train.length);
  const reporter = new MetricsReporter(stage.name, schedule.totalSteps, (points) =>
    run.context.emit('metrics', { points }),
  );
  if (resumed) {
    requireSameModel(resumed, stage, run);
    const lost = exactnessLost(resumed.manifest, run.spec);
    if (lost) run.context.notice(lost);
    await takeUp(resumed, run, schedule, reporter);
    const isWhole = resumed.manifest.valLoss !== null || run.val.length === 0;
    if (resumed.manifest.step >= schedule.totalSteps && isWhole) return resumed.manifest.metrics;
  }
  const training = await StageTraining.open(stage, run, { schedule, reporter, resumed });
  run.context.did(`open-${stage.name}`);
  try {
    return await training.toEnd();
  } finally {
    await training.dispose();
  }
}

/** Makes up for what the last attempt may not have got to after it wrote this checkpoint: telling of it, clearing up. */
async function takeUp(
  resumed: Checkpoint,
  run: TrainingRun,
  schedule: StageSchedule,
  reporter: MetricsReporter,
): Promise<void> {
  reporter.restore(resumed);
  reporter.flush();
  announce(resumed.manifest, run);
  await rotateCheckpoints(
    run.checkpoints,
    resumed.manifest.stage,
    schedule.rotationAt(resumed.manifest.step),
  );
}

/** Learning rates and lengths may change on resume; what the weights mean may not. */
function requireSameModel({ manifest }: Checkpoint, stage: Stage, { spec, snapshot }: TrainingRun): void {
  const meaning = (config: TrainingConfig) => [
    config.window,
    config.tokenizer.model,
    config[stage.name].model,
    stage.name === 'gpt' ? config.gpt.lora : null,
  ];
  if (!isDeepStrictEqual(meaning(manifest.config), meaning(spec.config))) {
    throw new AppError('invalid-input', {
      field: 'config',
      problem: 'the run has checkpoints of another model',
    });
  }
  if (manifest.snapshot.hash !== snapshot.hash) {
    throw new AppError('invalid-input', {
      field: 'snapshotPath',
      problem: 'the run has checkpoints of another snapshot',
    });
  }
}
