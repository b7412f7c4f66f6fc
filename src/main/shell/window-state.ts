/** Remembers where the window was, and forgets it when that place is on no screen any more. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const windowState = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().min(200),
  height: z.number().int().min(200),
  maximized: z.boolean(),
});
export type WindowState = z.output<typeof windowState>;

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The state stored at `path` if it is sound and shows on one of the screens. */
export function readWindowState(path: string, screens: readonly Rectangle[]): WindowState | null {
  try {
    const state = windowState.parse(JSON.parse(readFileSync(path, 'utf8')));
    return screens.some((screen) => overlaps(state, screen)) ? state : null;
  } catch {
    return null;
  }
}

export function writeWindowState(path: string, state: WindowState): void {
  const temporary = `${path}.tmp`;
  writeFileSync(temporary, JSON.stringify(state));
  renameSync(temporary, path);
}

/** Enough of the title bar must show to take hold of it. */
function overlaps(window: Rectangle, screen: Rectangle): boolean {
  const margin = 80;
  return (
    window.x + window.width > screen.x + margin &&
    window.x < screen.x + screen.width - margin &&
    window.y >= screen.y - margin / 4 &&
    window.y < screen.y + screen.height - margin
  );
}
