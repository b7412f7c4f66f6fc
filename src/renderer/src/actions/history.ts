/** Undo and redo, wherever one is; while text is typed the keys belong to the text. */
import { t } from '../ui/words.svelte.ts';
import type { Action } from './action.ts';

export const undo: Action = {
  id: 'history.undo',
  label: 'common.undo',
  shortcut: 'Mod+Z',
  enabled: ({ history }) => history.canUndo,
  run: (studio) =>
    studio.attempt(async () => {
      const change = await studio.history.undo();
      if (change) studio.toasts.show(t('history.undone', { change: change.label }), { topic: 'history' });
    }),
};

export const redo: Action = {
  id: 'history.redo',
  label: 'common.redo',
  shortcut: 'Mod+Shift+Z',
  enabled: ({ history }) => history.canRedo,
  run: (studio) =>
    studio.attempt(async () => {
      const change = await studio.history.redo();
      if (change) studio.toasts.show(t('history.redone', { change: change.label }), { topic: 'history' });
    }),
};
