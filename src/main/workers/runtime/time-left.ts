/**
 * How long a whole job still takes. The job is planned as a list of work, each with a count and, where it was measured
 * before, what it costs each time. Every piece that is reported done says what it really cost, and the rest is
 * estimated anew from that: by what was measured before until there is enough of this job to go by.
 */

export interface PlannedWork {
  /** Work of a later phase begins only when that of an earlier one is over. */
  phase: string;
  activity: string;
  count: number;
  /** Seconds each time; null while nobody knows. */
  seconds: number | null;
}

export interface TimeLeft {
  /** `count` pieces of an activity are done; they took the time since the last call (or since the plan was made). */
  did(activity: string, count?: number): void;
  /** Seconds until all is done; null while there is work of which nobody knows what it costs. */
  seconds(): number | null;
  /** 0 … 1, by time. */
  share(): number | null;
  /** Pieces a second; null while unknown. */
  rate(activity: string): number | null;
  /** What was done so far and the seconds it took in all. */
  took(): { activity: string; count: number; seconds: number }[];
}

/** What was measured before weighs like this share of all pieces, but no more than this time of them, and a few at least. */
const PRIOR_SHARE = 0.1;
const PRIOR_SECONDS = 8;
const PRIOR_PIECES = 4;
/** Measurements fade over so much time, or over a tenth of what the job has taken, whichever is longer. */
const MEMORY_SECONDS = 45;
const MEMORY_SHARE = 0.1;

interface Tally extends PlannedWork {
  done: number;
  /** Of this job. */
  tookCount: number;
  tookSeconds: number;
  /** What the estimate rests on: pieces and their seconds, from before and from this job, the older the fainter. */
  weighedCount: number;
  weighedSeconds: number;
}

function tallyOf(work: PlannedWork): Tally {
  const { count, seconds } = work;
  const most = seconds ? PRIOR_SECONDS / seconds : Infinity;
  const pieces = seconds === null ? 0 : Math.max(PRIOR_PIECES, Math.min(PRIOR_SHARE * count, most));
  return {
    ...work,
    done: 0,
    tookCount: 0,
    tookSeconds: 0,
    weighedCount: pieces,
    weighedSeconds: pieces * (seconds ?? 0),
  };
}

/** `now` gives milliseconds of a monotonic clock. */
export function createTimeLeft(plan: readonly PlannedWork[], now: () => number): TimeLeft {
  const tallies = plan.map(tallyOf);
  const startedAt = now();
  let markedAt = startedAt;

  const left = ({ count, done }: Tally) => Math.max(0, count - done);
  const costOf = ({ weighedCount, weighedSeconds }: Tally): number | null =>
    weighedCount === 0 ? null : weighedSeconds / weighedCount;

  const secondsLeft = (): number | null => {
    let sum = 0;
    for (const tally of tallies) {
      if (left(tally) === 0) continue;
      const cost = costOf(tally);
      if (cost === null) return null;
      sum += left(tally) * cost;
    }
    return sum;
  };

  return {
    did(activity, count = 1) {
      const at = now();
      const took = (at - markedAt) / 1000;
      markedAt = at;
      const index = tallies.findIndex((tally) => tally.activity === activity);
      const tally = tallies[index];
      if (!tally) return;
      const memory = Math.max(MEMORY_SECONDS, ((at - startedAt) / 1000) * MEMORY_SHARE);
      const fade = Math.exp(-took / memory);
      tally.weighedSeconds = tally.weighedSeconds * fade + took;
      tally.weighedCount = tally.weighedCount * fade + count;
      tally.done += count;
      tally.tookCount += count;
      tally.tookSeconds += took;
      // What was left out of earlier phases (known already, or done before a resume) will not be done any more.
      for (const earlier of tallies.slice(0, index))
        if (earlier.phase !== tally.phase) earlier.done = earlier.count;
    },
    seconds: secondsLeft,
    share() {
      const rest = secondsLeft();
      if (rest === null) return null;
      const spent = (now() - startedAt) / 1000;
      return spent + rest === 0 ? 1 : spent / (spent + rest);
    },
    rate(activity) {
      const tally = tallies.find((one) => one.activity === activity);
      const cost = tally && costOf(tally);
      return cost ? 1 / cost : null;
    },
    took: () =>
      tallies.map(({ activity, tookCount, tookSeconds }) => ({
        activity,
        count: tookCount,
        seconds: tookSeconds,
      })),
  };
}
