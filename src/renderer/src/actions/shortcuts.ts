/** Shortcuts written as `Mod+Shift+Z` or `/`: matched against key events, and shown as the platform writes them. */
import { bridge } from '../api/bridge.ts';

const isMac = bridge ? bridge.platform === 'darwin' : /Mac/.test(navigator.platform);

const macSigns: Record<string, string> = {
  Mod: '⌘',
  Shift: '⇧',
  Alt: '⌥',
  Delete: '⌫',
  Enter: '↩',
  Escape: '⎋',
};
const otherSigns: Record<string, string> = { Mod: 'Ctrl', Escape: 'Esc' };

export function shortcutText(shortcut: string): string {
  const signs = isMac ? macSigns : otherSigns;
  return shortcut
    .split('+')
    .map((part) => signs[part] ?? part)
    .join(isMac ? '' : '+');
}

export function matchesShortcut(event: KeyboardEvent, shortcut: string): boolean {
  const parts = shortcut.split('+');
  const key = parts.pop()!;
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const otherMod = isMac ? event.ctrlKey : event.metaKey;
  return (
    !otherMod &&
    mod === parts.includes('Mod') &&
    event.altKey === parts.includes('Alt') &&
    // Shift is part of some characters, such as `?` or `/`, depending on the keyboard.
    (event.shiftKey === parts.includes('Shift') || isSign(key)) &&
    (event.key.toLowerCase() === key.toLowerCase() || (key === 'Delete' && event.key === 'Backspace'))
  );
}

/** Whether the focus is where keys write text, so that single keys must not act. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target instanceof HTMLTextAreaElement ||
      (target instanceof HTMLInputElement && !['checkbox', 'radio', 'file', 'range'].includes(target.type)))
  );
}

function isSign(key: string): boolean {
  return key.length === 1 && !/[a-z0-9]/i.test(key);
}
