/** The split that is being decided on, and the snapshots made so far. */
import type { Snapshot, SplitPreview } from '#shared/contract/splits.ts';
import type { Engine } from '../api/engine.ts';

export interface SplitDraft {
  /** Shares in percent; train is what the two leave. */
  val: number;
  test: number;
  seed: number;
  query: string;
}

export class DatasetState {
  readonly #engine: Engine;
  draft = $state<SplitDraft>({ val: 10, test: 10, seed: 1, query: '' });
  preview = $state.raw<SplitPreview>();
  previewError = $state.raw<unknown>();
  previewing = $state(false);
  snapshots = $state.raw<readonly Snapshot[]>([]);
  loaded = $state(false);
  error = $state.raw<unknown>();
  #version = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.listen('splits.changed', () => void this.refresh());
    engine.onConnected(() => void this.refresh());
  }

  async refresh(): Promise<void> {
    try {
      const { snapshots } = await this.#engine.call('splits.listSnapshots', {});
      this.snapshots = snapshots.toSorted((a, b) => b.createdAt - a.createdAt);
      this.error = undefined;
    } catch (error) {
      this.error = error;
    } finally {
      this.loaded = true;
    }
  }

  async loadPreview(): Promise<void> {
    const version = ++this.#version;
    this.previewing = true;
    try {
      const preview = await this.#engine.call('splits.preview', this.#request());
      if (version !== this.#version) return;
      this.preview = preview;
      this.previewError = undefined;
    } catch (error) {
      if (version !== this.#version) return;
      this.preview = undefined;
      this.previewError = error;
    } finally {
      if (version === this.#version) this.previewing = false;
    }
  }

  async createSnapshot(name: string): Promise<Snapshot> {
    const snapshot = await this.#engine.call('splits.createSnapshot', { name, request: this.#request() });
    await this.refresh();
    return snapshot;
  }

  #request(): { ratio: { train: number; val: number; test: number }; seed: number; query: string } {
    const { val, test, seed, query } = this.draft;
    return { ratio: { train: (100 - val - test) / 100, val: val / 100, test: test / 100 }, seed, query };
  }
}
