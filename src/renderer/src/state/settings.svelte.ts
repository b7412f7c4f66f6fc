/** Settings of the workspace, and what the engine runs on. */
import { settings as settingsSchema, type Settings } from '#shared/contract/settings.ts';
import type { DoctorCheck, SystemInfo } from '#shared/contract/system.ts';
import type { Engine } from '../api/engine.ts';

export class SettingsState {
  readonly #engine: Engine;
  values = $state.raw<Settings>(settingsSchema.parse({}));
  loaded = $state(false);
  system = $state.raw<SystemInfo>();
  checks = $state.raw<readonly DoctorCheck[]>();
  checking = $state(false);

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.listen('settings.changed', (values) => this.#accept(values));
    engine.onConnected(() => void engine.call('settings.get', {}).then((values) => this.#accept(values)));
  }

  async set(change: Partial<Settings>): Promise<void> {
    this.#accept(await this.#engine.call('settings.set', change));
  }

  async loadSystem(): Promise<void> {
    this.system = await this.#engine.call('system.info', {});
  }

  async runDoctor(): Promise<void> {
    this.checking = true;
    try {
      this.checks = (await this.#engine.call('system.doctor', {})).checks;
    } finally {
      this.checking = false;
    }
  }

  #accept(values: Settings): void {
    this.values = values;
    this.loaded = true;
  }
}
