/** Points of the curves, gathered and sent in handfuls; the newest go into checkpoints, so that no crash leaves a gap. */
import { z } from 'zod';
import { metricPoint, type MetricPoint, type TrainingStage } from '#shared/contract/training.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { Checkpoint } from '../runtime/checkpoint-store.ts';

/** A curve of a stage holds at most about so many points; evaluations are always kept. */
const MAX_POINTS = 2000;
/** Points wait this long for company. */
const SEND_INTERVAL_MS = 250;

/** File of a checkpoint with the points of the steps before it. */
export const CURVES_FILE = 'curves.json';

export type SendPoints = (points: MetricPoint[]) => void;

export class MetricsReporter {
  readonly #stage: TrainingStage;
  readonly #stride: number;
  readonly #send: SendPoints;
  #recent: MetricPoint[] = [];
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

  /** Values that follow from config, seed and data: they come out the same however a run is cut. */
  add(step: number, epoch: number, values: Record<string, number>): MetricPoint[] {
    const points = this.#points(step, epoch, values);
    this.#recent.push(...points);
    this.#queue(points);
    return points;
  }

  /** Values that depend on the clock. */
  addMeasured(step: number, epoch: number, values: Record<string, number>): void {
    this.#queue(this.#points(step, epoch, values));
  }

  flush(): void {
    if (this.#waiting.length > 0) this.#send(this.#waiting);
    this.#waiting = [];
    this.#sentAt = performance.now();
  }

  /** Contents of `CURVES_FILE`: what was added for the steps after `step`. */
  recentFile(step: number): Uint8Array {
    this.#recent = this.#recent.filter((point) => point.step > step);
    return new TextEncoder().encode(JSON.stringify(this.#recent));
  }

  /**
   * Sends the points of a checkpoint again: the engine may have died before it had written them down. Throws AppError
   * `checkpoint-damaged`.
   */
  restore({ folder, files }: Checkpoint): void {
    const bytes = files.get(CURVES_FILE);
    if (!bytes) return;
    try {
      this.#recent = z.array(metricPoint).parse(JSON.parse(new TextDecoder().decode(bytes)));
    } catch (error) {
      throw new AppError('checkpoint-damaged', { path: folder, detail: `${CURVES_FILE}: ${String(error)}` });
    }
    this.#queue(this.#recent);
  }

  #points(step: number, epoch: number, values: Record<string, number>): MetricPoint[] {
    return Object.entries(values).map(([name, value]) => ({ stage: this.#stage, step, epoch, name, value }));
  }

  #queue(points: readonly MetricPoint[]): void {
    this.#waiting.push(...points);
    if (performance.now() - this.#sentAt >= SEND_INTERVAL_MS) this.flush();
  }
}
