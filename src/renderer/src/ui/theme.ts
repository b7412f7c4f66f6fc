/** Puts the theme on the document; `system` leaves the choice to the operating system. */
import type { Settings } from '#shared/contract/settings.ts';

export function applyTheme(theme: Settings['theme']): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
