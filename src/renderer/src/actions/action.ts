/** One thing a user can do: known to keys, buttons and menus by the same id. */
import type { MessageKey } from '#shared/i18n/index.ts';
import type { Studio } from '../state/studio.svelte.ts';

export interface Action {
  readonly id: string;
  readonly label: MessageKey;
  readonly shortcut?: string;
  /** Whether the shortcut also works while text is being typed. */
  readonly whileTyping?: boolean;
  readonly enabled?: (studio: Studio) => boolean;
  readonly run: (studio: Studio) => void | Promise<void>;
}
