/** Turns counts of finished units into rate and time left, and says when it is time to report again. */

/** Reports at most this often, so that a fast loop does not flood the engine. */
const REPORT_INTERVAL_MS = 100;
/** The rate is that of the last seconds: it follows a change of pace without trembling at every step. */
const RATE_WINDOW_MS = 15_000;

export interface ProgressReport {
  phase: string;
  done: number;
  total: number;
  /** Units a second, 0 while unknown. */
  rate: number;
  /** Of the phase. */
  secondsLeft: number | null;
}

export interface ProgressMeter {
  /** Returns what to report, or null when the last report is too fresh. First and last of a phase always report. */
  update(phase: string, done: number, total: number): ProgressReport | null;
}

/** `now` gives milliseconds of a monotonic clock. */
export function createProgressMeter(now: () => number): ProgressMeter {
  let phase: string | undefined;
  let samples: { at: number; done: number }[] = [];
  let reportedAt = -Infinity;

  return {
    update(newPhase, done, total) {
      const at = now();
      const isNew = newPhase !== phase || done < (samples.at(-1)?.done ?? 0);
      if (isNew) {
        phase = newPhase;
        samples = [];
      }
      if (!isNew && done < total && at - reportedAt < REPORT_INTERVAL_MS) return null;
      reportedAt = at;
      samples.push({ at, done });
      // One sample older than the window stays, so that slow units still have a rate.
      while (samples.length > 2 && at - samples[1]!.at >= RATE_WINDOW_MS) samples.shift();
      const first = samples[0]!;
      const rate = at > first.at ? ((done - first.done) / (at - first.at)) * 1000 : 0;
      const secondsLeft = total <= 0 ? null : done >= total ? 0 : rate > 0 ? (total - done) / rate : null;
      return { phase: newPhase, done, total, rate, secondsLeft };
    },
  };
}
