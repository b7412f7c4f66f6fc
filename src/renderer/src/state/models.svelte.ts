/** The models that can be used: trained runs, and the base model that came with Reelwright. */
import type { WireError } from '#shared/contract/common.ts';
import { BASE_MODEL, type BaseModel, type ModelId, type PackageName } from '#shared/contract/models.ts';
import type { TrainingConfig } from '#shared/domain/training-config.ts';
import { toWireError } from '#shared/errors/app-error.ts';
import type { Engine } from '../api/engine.ts';
import type { TrainingState } from './training.svelte.ts';

export interface UsableModel {
  id: ModelId;
  name: string;
  /** What tells it from others of its name. */
  note: string;
  config: TrainingConfig;
}

export class ModelsState {
  readonly #engine: Engine;
  readonly #training: TrainingState;
  #base = $state.raw<BaseModel | null>(null);
  /** Why there is no base model. */
  problem = $state.raw<WireError | null>(null);
  #loaded = $state(false);

  /** The newest run first, the base model last: who has trained one wants to see what it can do. */
  readonly usable: readonly UsableModel[] = $derived.by(() => {
    const runs = this.#training.trained.map(({ id, name, snapshotName, config }) => ({
      ...{ id, name, config },
      note: snapshotName,
    }));
    const { base } = this;
    return base ? [...runs, base] : runs;
  });

  readonly base: UsableModel | undefined = $derived.by(() => {
    if (!this.#base) return undefined;
    const { name, config } = this.#base;
    return { id: BASE_MODEL, name, note: packageWords(this.#base), config };
  });

  constructor(engine: Engine, training: TrainingState) {
    this.#engine = engine;
    this.#training = training;
    engine.onConnected(() => void this.refresh());
  }

  /** Whether it is known which there are. */
  get loaded(): boolean {
    return this.#loaded && this.#training.loaded;
  }

  get(id: string): UsableModel | undefined {
    return this.usable.find((model) => model.id === id);
  }

  async refresh(): Promise<void> {
    try {
      const { model, problem } = await this.#engine.call('models.base', {});
      this.#base = model;
      this.problem = problem;
    } catch (error) {
      this.problem = toWireError(error);
    } finally {
      this.#loaded = true;
    }
  }
}

/** `1.0.0 · 3f2a91c0`: which version of a package, and exactly which one. */
export function packageWords({ version, sha256 }: Pick<PackageName, 'version' | 'sha256'>): string {
  return `${version} · ${sha256.slice(0, 8)}`;
}
