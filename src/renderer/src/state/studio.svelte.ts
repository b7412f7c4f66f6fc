/** Everything the rooms share, made once for a window and handed down by context. */
import { toWireError } from '#shared/errors/app-error.ts';
import { languageOf } from '#shared/i18n/index.ts';
import { createContext } from 'svelte';
import type { Engine } from '../api/engine.ts';
import { applyTheme } from '../ui/theme.ts';
import { t, words } from '../ui/words.svelte.ts';
import { DatasetState } from './dataset.svelte.ts';
import { ForecastState } from './forecast.svelte.ts';
import { History, type Change } from './history.svelte.ts';
import { ImportingState } from './importing.svelte.ts';
import { JobsState } from './jobs.svelte.ts';
import { LibraryState } from './library.svelte.ts';
import { ModelsState } from './models.svelte.ts';
import { Navigation } from './navigation.svelte.ts';
import { SettingsState } from './settings.svelte.ts';
import { SuggestionsState } from './suggestions.svelte.ts';
import { TakesState } from './takes.svelte.ts';
import { Toasts } from './toasts.svelte.ts';
import { TrainingState } from './training.svelte.ts';

export class Studio {
  readonly navigation = new Navigation();
  readonly toasts = new Toasts();
  readonly history = new History();
  readonly settings: SettingsState;
  readonly jobs: JobsState;
  readonly library: LibraryState;
  readonly importing: ImportingState;
  readonly suggestions: SuggestionsState;
  readonly dataset: DatasetState;
  readonly training: TrainingState;
  readonly models: ModelsState;
  readonly forecast: ForecastState;
  readonly takes: TakesState;

  constructor(engine: Engine) {
    this.settings = new SettingsState(engine);
    this.jobs = new JobsState(engine);
    this.library = new LibraryState(engine);
    this.importing = new ImportingState(engine, this.jobs);
    this.suggestions = new SuggestionsState(engine, this.jobs);
    this.dataset = new DatasetState(engine);
    this.training = new TrainingState(engine, this.jobs);
    this.models = new ModelsState(engine, this.training);
    this.forecast = new ForecastState(engine, this.jobs);
    this.takes = new TakesState(engine);
  }

  /** Keeps language and theme of the document as the settings say; call it while a component is set up. */
  followSettings(): void {
    $effect(() => {
      words.language = languageOf(this.settings.values.language, navigator.languages);
      document.documentElement.lang = words.language === 'zh' ? 'zh-CN' : 'en';
    });
    $effect(() => applyTheme(this.settings.values.theme));
  }

  /** Runs what a user asked for; an error becomes a toast. What they stopped themselves needs no word. */
  async attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (toWireError(error).code === 'cancelled') return;
      this.toasts.show(words.error(error), { tone: 'error' });
    }
  }

  /** Makes a change that can be undone, and offers to. */
  async change(change: Change): Promise<void> {
    await this.attempt(async () => {
      await change.redo();
      this.history.add(change);
      this.toasts.show(change.label, {
        topic: 'history',
        action: {
          label: t('common.undo'),
          run: () => void this.attempt(() => this.history.undoChange(change)),
        },
      });
    });
  }
}

export const [getStudio, setStudio] = createContext<Studio>();
