/** Settings: read, change, tell everybody. */
import type { settingsProcedures } from '#shared/contract/settings.ts';
import type { EngineContext } from '../context.ts';
import { readSettings, writeSettings } from '../db/repositories/settings.ts';
import type { HandlersOf } from './handlers-of.ts';

export function settingsHandlers({ db, events }: EngineContext): HandlersOf<typeof settingsProcedures> {
  return {
    'settings.get': () => readSettings(db),
    'settings.set': async (change) => {
      await writeSettings(db, change);
      const settings = await readSettings(db);
      events.emit('settings.changed', settings);
      return settings;
    },
  };
}
