/** What can be done with clips in the library. */
import { t } from '../ui/words.svelte.ts';
import type { Studio } from '../state/studio.svelte.ts';
import type { Action } from './action.ts';

const inLibrary = ({ navigation }: Studio): boolean => navigation.room === 'library';
const hasSelection = (studio: Studio): boolean => inLibrary(studio) && studio.library.selection.size > 0;

export const focusSearch: Action = {
  id: 'library.search',
  label: 'library.search',
  shortcut: '/',
  enabled: inLibrary,
  run: () => document.querySelector<HTMLInputElement>('[data-testid="library-search"]')?.focus(),
};

export const selectAll: Action = {
  id: 'library.selectAll',
  label: 'library.selectAll',
  shortcut: 'Mod+A',
  enabled: inLibrary,
  run: (studio) => studio.attempt(() => studio.library.selectAll()),
};

export const clearSelection: Action = {
  id: 'library.clearSelection',
  label: 'library.clearSelection',
  shortcut: 'Escape',
  enabled: hasSelection,
  run: ({ library }) => library.selection.clear(),
};

export const removeClips: Action = {
  id: 'library.remove',
  label: 'library.remove',
  shortcut: 'Delete',
  enabled: hasSelection,
  run: (studio) => {
    const clipIds = [...studio.library.selection.ids];
    return studio.change({
      label: t('library.removed', { count: clipIds.length }),
      redo: () => studio.library.remove(clipIds),
      undo: () => studio.library.restore(clipIds),
    });
  },
};
