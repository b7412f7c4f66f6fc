/** Generated clips, and the one in the player. */
import {
  sampling as samplingSchema,
  type Sampling,
  type Take,
  type TakeConfidence,
} from '#shared/contract/generation.ts';
import type { TakeTask } from '#shared/contract/take-task.ts';
import { presetOf, samplingPresets, type SamplingPreset } from '#shared/domain/sampling-presets.ts';
import type { Engine } from '../api/engine.ts';
import { randomSeed } from '../ui/random-seed.ts';

export class TakesState {
  readonly #engine: Engine;
  takes = $state.raw<readonly Take[]>([]);
  loaded = $state(false);
  error = $state.raw<unknown>();
  prompt = $state('');
  sampling = $state<Sampling>(samplingSchema.parse({}));
  /** What a take is made from beside the prompt. */
  task = $state.raw<TakeTask>({ kind: 'generate' });
  /** Takes a generation, side by side. */
  count = $state(1);
  runId = $state('');
  /** Whether each generation draws a new seed. */
  newSeed = $state(true);
  currentId = $state<string>();
  readonly current: Take | undefined = $derived(this.takes.find(({ id }) => id === this.currentId));
  readonly preset: SamplingPreset | null = $derived(presetOf(this.sampling));
  readonly running: Take | undefined = $derived(this.takes.find(({ status }) => status === 'running'));

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.listen('generation.take', (take) => this.#accept(take));
    engine.onConnected(() => void this.refresh());
  }

  async refresh(): Promise<void> {
    try {
      const { takes } = await this.#engine.call('generation.listTakes', { limit: 500 });
      this.takes = takes.toSorted(newestFirst);
      this.currentId ??= this.takes[0]?.id;
      this.error = undefined;
    } catch (error) {
      this.error = error;
    } finally {
      this.loaded = true;
    }
  }

  /** The takes come side by side; the first of them goes into the player. */
  async generate(): Promise<readonly Take[]> {
    if (this.newSeed) this.sampling.seed = randomSeed();
    const { runId, prompt, task, sampling, count } = this;
    const request = { runId, prompt: prompt.trim(), task, sampling, takes: count };
    const { takes } = await this.#engine.call('generation.start', request);
    for (const take of takes) this.#accept(take);
    this.currentId = takes[0]!.id;
    return takes;
  }

  choosePreset(preset: SamplingPreset): void {
    Object.assign(this.sampling, samplingPresets[preset]);
  }

  /** Puts everything that made a take back into the controls. */
  reuse(take: Take): void {
    this.prompt = take.prompt;
    this.task = take.task;
    this.sampling = { ...take.sampling };
    this.runId = take.runId;
    this.newSeed = false;
  }

  /** Null while the take is under way, and where nothing is known of it. */
  async confidence(takeId: string): Promise<TakeConfidence | null> {
    return (await this.#engine.call('generation.confidence', { takeId })).confidence;
  }

  async remove(takeIds: readonly string[]): Promise<void> {
    await this.#engine.call('generation.removeTakes', { takeIds: [...takeIds] });
    this.takes = this.takes.filter(({ id }) => !takeIds.includes(id));
    if (this.currentId && takeIds.includes(this.currentId)) this.currentId = this.takes[0]?.id;
  }

  async restore(takeIds: readonly string[]): Promise<void> {
    await this.#engine.call('generation.restoreTakes', { takeIds: [...takeIds] });
    await this.refresh();
  }

  async export(takeId: string, path: string): Promise<string> {
    // The system's dialog has asked about overwriting already.
    return (await this.#engine.call('generation.export', { takeId, path, overwrite: true })).path;
  }

  #accept(take: Take): void {
    const known = this.takes.findIndex(({ id }) => id === take.id);
    if (known < 0) this.takes = [take, ...this.takes].toSorted(newestFirst);
    // Answers and events may overtake each other; frames only become more.
    else if (this.takes[known]!.status === 'running') this.takes = this.takes.with(known, take);
  }
}

/** Takes that were asked for together stay in the order of their seeds. */
function newestFirst(a: Take, b: Take): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1);
}
