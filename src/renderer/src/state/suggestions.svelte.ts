/** Captions that a trained model proposes; nothing applies them by itself. */
import type { CaptionSuggestion } from '#shared/contract/generation.ts';
import { SvelteMap } from 'svelte/reactivity';
import type { Engine } from '../api/engine.ts';
import type { JobsState } from './jobs.svelte.ts';

export class SuggestionsState {
  readonly #engine: Engine;
  readonly #jobs: JobsState;
  readonly #byClip = new SvelteMap<string, CaptionSuggestion>();

  constructor(engine: Engine, jobs: JobsState) {
    this.#engine = engine;
    this.#jobs = jobs;
    jobs.onFinished((job) => {
      if (job.kind === 'caption' && job.status === 'done') void this.#load(job.id);
    });
  }

  get busy(): boolean {
    return this.#jobs.activeOf('caption').length > 0;
  }

  of(clipId: string): CaptionSuggestion | undefined {
    return this.#byClip.get(clipId);
  }

  dismiss(clipId: string): void {
    this.#byClip.delete(clipId);
  }

  async ask(runId: string, clipIds: readonly string[]): Promise<void> {
    this.#jobs.accept(await this.#engine.call('captions.suggest', { runId, clipIds: [...clipIds] }));
  }

  async #load(jobId: string): Promise<void> {
    const { suggestions } = await this.#engine.call('captions.suggestions', { jobId });
    for (const suggestion of suggestions) this.#byClip.set(suggestion.clipId, suggestion);
  }
}
