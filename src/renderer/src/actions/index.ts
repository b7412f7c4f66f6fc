/** The registry of actions, and the keys that run them. */
import type { Studio } from '../state/studio.svelte.ts';
import type { Action } from './action.ts';
import { redo, undo } from './history.ts';
import { clearSelection, focusSearch, removeClips, selectAll } from './library.ts';
import { navigationActions } from './navigate.ts';
import { isTyping, matchesShortcut } from './shortcuts.ts';

export const actions: readonly Action[] = [
  ...navigationActions,
  undo,
  redo,
  focusSearch,
  selectAll,
  clearSelection,
  removeClips,
];

/** Runs the action that a key event asks for, if there is one that can run now. */
export function runShortcut(studio: Studio, event: KeyboardEvent): void {
  // A dialog or menu has the keys while it is open.
  if (event.defaultPrevented || document.querySelector('[role="alertdialog"], [data-select-content]')) return;
  const typing = isTyping(event.target);
  const action = actions.find(
    ({ shortcut, whileTyping, enabled }) =>
      shortcut !== undefined &&
      (whileTyping || !typing) &&
      matchesShortcut(event, shortcut) &&
      (enabled?.(studio) ?? true),
  );
  if (!action) return;
  event.preventDefault();
  void action.run(studio);
}
