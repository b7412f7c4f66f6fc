/** Generated clips, and the one in the player. */
import { sampling as samplingSchema, type Sampling, type Take } from '#shared/contract/generation.ts';
import type { Engine } from '../api/engine.ts';
import { randomSeed } from '../ui/random-seed.ts';

export class TakesState {
  readonly #engine: Engine;
  takes = $state.raw<readonly Take[]>([]);
  loaded = $state(false);
  error = $state.raw<unknown>();
  prompt = $state('');
  sampling = $state<Sampling>(samplingSchema.parse({}));
  runId = $state('');
  /** Whether each generation draws a new seed. */
  newSeed = $state(true);
  currentId = $state<string>();
  readonly current: Take | undefined = $derived(this.takes.find(({ id }) => id === this.currentId));
  readonly running: Take | undefined = $derived(this.takes.find(({ status }) => status === 'running'));

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.listen('generation.take', (take) => this.#accept(take));
    engine.onConnected(() => void this.refresh());
  }

  async refresh(): Promise<void> {
    try {
      const { takes } = await this.#engine.call('generation.listTakes', { limit: 500 });
      this.takes = takes.toSorted((a, b) => b.createdAt - a.createdAt);
      this.currentId ??= this.takes[0]?.id;
      this.error = undefined;
    } catch (error) {
      this.error = error;
    } finally {
      this.loaded = true;
    }
  }

  async generate(): Promise<Take> {
    if (this.newSeed) this.sampling.seed = randomSeed();
    const { runId, prompt, sampling } = this;
    const take = await this.#engine.call('generation.start', { runId, prompt: prompt.trim(), sampling });
    this.#accept(take);
    this.currentId = take.id;
    return take;
  }

  /** Puts everything that made a take back into the controls. */
  reuse(take: Take): void {
    this.prompt = take.prompt;
    this.sampling = { ...take.sampling };
    this.runId = take.runId;
    this.newSeed = false;
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
    if (known < 0) this.takes = [take, ...this.takes];
    // Answers and events may overtake each other; frames only become more.
    else if (this.takes[known]!.status === 'running') this.takes = this.takes.with(known, take);
  }
}
