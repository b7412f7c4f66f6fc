/** A few real steps, evaluations and checkpoints of a stage, timed. */
import type { StageCosts } from '#shared/contract/forecast.ts';
import { Random } from '#shared/domain/random.ts';
import { breathe } from '../runtime/breathe.ts';
import { CheckpointSaver, memoryOf } from '../runtime/checkpoint-saver.ts';
import type { FileContents } from '../runtime/write-folder.ts';
import { initialState, Trainer } from '../runtime/trainer.ts';
import { writeTrainerState } from '../runtime/trainer-state.ts';
import type { TrainingRun } from '../train/run.ts';
import type { MicroBatch, Stage } from '../train/stage.ts';
import { medians, timed, type RecordTime } from './stopwatch.ts';

/** Rounds of some steps, an evaluation and a checkpoint. */
const ROUNDS = { least: 2, most: 8, budgetSeconds: 6 };
const STEPS_A_ROUND = 2;
/** How often `onRound` is called at most. */
export const MOST_ROUNDS = ROUNDS.most + 1;
/** Which task a micro-batch learns is drawn: so many draws are enough to meet each that matters. */
const DRAWS = 64;

export interface StagePlan {
  /** Clips a pass through the graphs of an evaluation. */
  evaluationBatch: number;
  /** Held-out clips that the real run evaluates; the run given here may have fewer. */
  evaluated: number;
  /** A task that the settings ask for must be measured. */
  tasks: readonly string[];
  onRound: () => void;
}

/** @param run the real one, with only a few of its clips; checkpoints go into its folder */
export async function measureStage(
  build: () => Stage,
  run: TrainingRun,
  { evaluationBatch, evaluated, tasks, onRound }: StagePlan,
): Promise<StageCosts> {
  const { device, threads, config } = run.spec;
  const { signal } = run.context;
  const { seconds: open, result } = await timed(async () => {
    const stage = build();
    const { parameters, settings } = stage;
    const state = initialState(parameters, settings.optimizer, config.seed);
    const trainer = await Trainer.create(
      { compute: { device, threads }, parameters, optimizer: settings.optimizer, ...stage.buildGraphs() },
      state,
    );
    return { stage, trainer };
  });
  const { stage, trainer } = result;
  const saver = new CheckpointSaver();
  try {
    const passes = (clips: number) => Math.ceil(clips / evaluationBatch);
    const measuredPasses = Math.max(1, passes(run.val.length));
    const draw = drawer(stage, run.train.length, Random.seeded(config.seed, 'dry run'));
    let checkpointBytes = 0;

    const step = async (record: RecordTime) => {
      for (const task of tasks) {
        const drawn = await draw(task);
        if (!drawn) continue;
        const { seconds } = await timed(() => trainer.accumulate(task, drawn.batch.batch));
        record(task, drawn.seconds + seconds);
        await breathe(signal);
      }
      record('update', (await timed(() => trainer.update(stage.settings.optimizer.learningRate))).seconds);
    };
    // In turn, as in training: each finds the caches of the processor as the one before has left them.
    const { update, evaluation, save, ...microBatches } = await medians(async (record) => {
      for (let i = 0; i < STEPS_A_ROUND; i++) await step(record);
      record('evaluation', (await timed(() => stage.evaluate(trainer, signal))).seconds);
      await breathe(signal);
      const { seconds, result: bytes } = await timed(() => saveOnce(stage, run, trainer, saver));
      record('save', seconds);
      checkpointBytes = bytes;
      onRound();
      await breathe(signal);
    }, ROUNDS);
    return {
      open,
      microBatches,
      update: update!,
      evaluation: evaluated === 0 ? 0 : (evaluation! * passes(evaluated)) / measuredPasses,
      save: save!,
      checkpointBytes,
      peakMemoryBytes: peakMemoryBytes(),
    };
  } finally {
    await saver.dispose();
    await trainer.dispose();
  }
}

/** Makes a micro-batch of the task that is asked for, and says how long that took; null when chance gives none. */
function drawer(stage: Stage, clips: number, random: Random) {
  let position = 0;
  return async (task: string): Promise<{ batch: MicroBatch; seconds: number } | null> => {
    for (let i = 0; i < DRAWS; i++) {
      const chosen = Array.from({ length: stage.microBatchSize }, () => position++ % clips);
      const { seconds, result: batch } = await timed(async () => (await stage.load(chosen))(random));
      if (batch.task === task) return { batch, seconds };
    }
    return null;
  };
}

/** Saves a checkpoint as training does: what it waits for is what is timed. Returns its bytes. */
async function saveOnce(
  stage: Stage,
  run: TrainingRun,
  trainer: Trainer,
  saver: CheckpointSaver,
): Promise<number> {
  const { parameters, settings } = stage;
  const { step } = trainer;
  const state = writeTrainerState(await trainer.exportState(), parameters, settings.optimizer);
  const files = new Map<string, FileContents>([...state, ...stage.files]);
  const parts = [...files.values()].flatMap((contents) =>
    contents instanceof Uint8Array ? [contents] : contents,
  );
  const bytes = parts.reduce((sum, { length }) => sum + length, 0);
  const draft = {
    stage: stage.name,
    step,
    epoch: 0,
    config: run.spec.config,
    snapshot: { id: run.snapshot.id, hash: run.snapshot.hash },
    cursor: { epoch: 0, clip: 0 },
    random: [...Random.seeded(run.spec.config.seed).state],
    metrics: { valLossBefore: null, valLossBest: null, valPoints: [] },
    valLoss: null,
    tokenizerStep: stage.tokenizerStep,
  };
  const rotation = { newest: step, keep: 0 };
  await saver.save(
    { checkpoints: run.checkpoints, draft, files, rotation },
    memoryOf(state, run.spec.device),
    () => {},
  );
  return bytes;
}

/** The most memory this process has had in use so far. */
export function peakMemoryBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/** So many clips, taken in turn from a few. */
export function repeated<T>(items: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, i) => items[i % items.length]!);
}
