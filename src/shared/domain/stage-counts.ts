/** How much a stage of training has to do, counted from its settings: the loop in the training worker does exactly this. */

/** The largest micro-batch, at most `wanted`, of which `batch` is a whole multiple: graphs have fixed sizes. */
export function microBatchFor(batch: number, wanted: number): number {
  let size = Math.min(batch, wanted);
  while (batch % size !== 0) size--;
  return size;
}

/** Evaluation must not outweigh the epoch before it: so many held-out clips, or a quarter of the train split, are enough. */
const MIN_VAL_CLIPS = 16;

/** How many of the held-out clips a run is evaluated on. */
export function evaluatedClips(train: number, val: number): number {
  return Math.min(val, Math.max(MIN_VAL_CLIPS, Math.ceil(train / 4)));
}

export interface StageCounts {
  /** Updates of the weights. */
  steps: number;
  /** One before the first step, one after each epoch. */
  evaluations: number;
  /** One with each evaluation, and those inside epochs. */
  saves: number;
}

/**
 * @param clips of the train split, at least one
 * @param done steps of the checkpoint that the stage goes on from; -1 when it begins
 */
export function stageCounts(
  { epochs, batch }: { epochs: number; batch: number },
  clips: number,
  checkpointEvery: number,
  done = -1,
): StageCounts {
  const last = Math.ceil((epochs * clips) / batch);
  const from = Math.max(0, done);
  // What is evaluated and saved before the first step.
  const first = done < 0 ? 1 : 0;
  let evaluations = first;
  let saves = first + Math.floor(last / checkpointEvery) - Math.floor(Math.min(from, last) / checkpointEvery);
  let end = from;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const step = Math.ceil((epoch * clips) / batch);
    // A step that spans several epochs ends them all at once.
    if (step <= end) continue;
    end = step;
    evaluations++;
    if (end % checkpointEvery !== 0) saves++;
  }
  return { steps: Math.max(0, last - from), evaluations, saves };
}
