/** The work of a training run as a list: what is done how often, and what each time costs. Forecast and time left both read it. */
import type { RunCosts, StageCosts } from '#shared/contract/forecast.ts';
import type { TrainingStage } from '#shared/contract/training.ts';
import { microBatchFor, stageCounts } from '#shared/domain/stage-counts.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';

export type Phase = 'decode' | TrainingStage | 'encode';

/** What the worker names as it does it; `train-…`, `decode` and `encode` are also the names of its phases. */
export type Activity =
  'decode' | 'encode' | 'open-encoder' | `${'open' | 'evaluate' | 'train' | 'save'}-${TrainingStage}`;

export interface Work {
  phase: Phase;
  activity: Activity;
  /** How often it is done. */
  count: number;
  /** Seconds each time; null while nobody knows. */
  seconds: number | null;
}

export interface ClipCounts {
  train: number;
  /** Held-out clips that are evaluated. */
  val: number;
  undecoded: number;
}

/** Steps that a stage has behind it; left out for one that has not begun. */
export type StepsDone = Partial<Record<TrainingStage, number>>;

/** All work of a run in order, from its beginning or from the checkpoints that it goes on from. */
export function workOf(
  config: TrainingConfig,
  clips: ClipCounts,
  costs: RunCosts | null,
  done: StepsDone = {},
): Work[] {
  const all = clips.train + clips.val;
  const stage = (name: TrainingStage): Work[] => {
    const settings = config[name];
    const { steps, evaluations, saves } = stageCounts(
      settings,
      clips.train,
      config.checkpointEvery,
      done[name],
    );
    const measured = costs?.[name];
    const work = (verb: 'open' | 'evaluate' | 'train' | 'save', count: number, seconds?: number): Work => ({
      phase: name,
      activity: `${verb}-${name}`,
      count,
      seconds: seconds ?? null,
    });
    return [
      work('open', 1, measured?.open),
      work('evaluate', clips.val === 0 ? 0 : evaluations, measured?.evaluation),
      work('save', saves, measured?.save),
      work('train', steps, measured && stepSeconds(config, name, measured, costs.clips.captioned)),
    ];
  };
  return [
    { phase: 'decode', activity: 'decode', count: all, seconds: costs && decodeSeconds(clips, costs) / all },
    ...stage('tokenizer'),
    // The encoder is opened with the first clip.
    { phase: 'encode', activity: 'open-encoder', count: 1, seconds: costs?.openEncoder ?? null },
    { phase: 'encode', activity: 'encode', count: all - 1, seconds: costs?.encodeClip ?? null },
    ...stage('gpt'),
  ];
}

function decodeSeconds({ train, val, undecoded }: ClipCounts, costs: RunCosts): number {
  return undecoded * costs.decodeClip + (train + val - undecoded) * costs.readClip;
}

/** A step of the mean kind: which tasks its micro-batches are is drawn by chance. */
function stepSeconds(
  { tokenizer, gpt }: TrainingConfig,
  stage: TrainingStage,
  costs: StageCosts,
  captioned: number,
): number {
  const { batch, microBatch: wanted } = stage === 'gpt' ? gpt : tokenizer;
  const microBatch = microBatchFor(batch, wanted);
  // A micro-batch learns captions if the dice say so and at least one of its clips has one.
  const captions = stage === 'gpt' ? gpt.captionShare * (1 - (1 - captioned) ** microBatch) : 0;
  const conditions = stage === 'gpt' ? gpt.conditionShare : 0;
  const { caption, conditioned, ...others } = costs.microBatches;
  const usual = Math.max(0, ...Object.values(others));
  const clips = conditions * (conditioned ?? usual) + (1 - conditions) * usual;
  const mean = captions * (caption ?? usual) + (1 - captions) * clips;
  return (batch / microBatch) * mean + costs.update;
}
