/** Finds a Chromium to test in: Playwright's own download, one of the system, or the one that npm carries. */
import { chromium as playwrightChromium } from '@playwright/test';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface ChromiumLaunch {
  executablePath: string;
  args: string[];
}

const systemNames = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
];

export async function findChromium(): Promise<ChromiumLaunch> {
  const own = playwrightChromium.executablePath();
  const found = existsSync(own) ? own : findOnPath(systemNames);
  if (found !== null) return { executablePath: found, args: commonArgs() };
  const { default: carried } = await import('@sparticuz/chromium');
  return { executablePath: await carried.executablePath(), args: [...carried.args, ...commonArgs()] };
}

/** Without a network Chromium's own background requests only cost time; as root its sandbox does not start. */
export function commonArgs(): string[] {
  const root = process.getuid?.() === 0;
  return ['--disable-background-networking', ...(root ? ['--no-sandbox'] : [])];
}

function findOnPath(names: readonly string[]): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      if (isExecutable(path)) return path;
    }
  }
  return null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
