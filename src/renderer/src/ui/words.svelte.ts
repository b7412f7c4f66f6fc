/** The language of the studio as one reactive value: read `words.t(…)` in markup and it follows the setting. */
import { errorMessage, toWireError, type Language } from '#shared/errors/app-error.ts';
import type { WireError } from '#shared/contract/common.ts';
import { createWords, type MessageKey, type MessageParams, type Words } from '#shared/i18n/index.ts';

class CurrentWords {
  language = $state<Language>('en');
  readonly current: Words = $derived(createWords(this.language));

  t(key: MessageKey, params?: MessageParams): string {
    return this.current.t(key, params);
  }

  /** The message of anything thrown, or of an error that came with a job. */
  error(error: unknown): string {
    return this.wireError(toWireError(error));
  }

  wireError(error: WireError): string {
    return errorMessage(error, this.language);
  }
}

export const words = new CurrentWords();
export const t = (key: MessageKey, params?: MessageParams): string => words.t(key, params);
