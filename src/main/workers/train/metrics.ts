/** Points of the curves, gathered and sent in handfuls. */
import type { MetricPoint, TrainingStage } from '#shared/contract/training.ts';

/** A curve of a stage holds at most about so many points; evaluations are always kept. */
const MAX_POINTS = 2000;
/** Points wait this long for company. */
const SEND_INTERVAL_MS = 250;

export type SendPoints = (points: MetricPoint[]) => void;

export class MetricsReporter {
  readonly #stage: TrainingStage;
  readonly #stride: number;
  readonly #send: SendPoints;
  #waiting: MetricPoint[] = [];
  #sentAt = -Infinity;

  /** `totalSteps` decides how many steps share a point: long runs are thinned evenly. */
  constructor(stage: TrainingStage, totalSteps: number, send: SendPoints) {
    this.#stage = stage;
    this.#stride = Math.max(1, Math.ceil(totalSteps / MAX_POINTS));
    this.#send = send;
  }

  /** Whether the values of this step belong on the curve. */
  wants(step: number): boolean {
    return step % this.#stride === 0;
  }

  add(step: number, epoch: number, values: Record<string, number>): MetricPoint[] {
    const points = Object.entries(values).map(([name, value]) => ({
      stage: this.#stage,
      step,
      epoch,
      name,
      value,
    }));
    this.#waiting.push(...points);
    if (performance.now() - this.#sentAt >= SEND_INTERVAL_MS) this.flush();
    return points;
  }

  flush(): void {
    if (this.#waiting.length > 0) this.#send(this.#waiting);
    this.#waiting = [];
    this.#sentAt = performance.now();
  }
}
