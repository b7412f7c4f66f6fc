/** Opens an address by the platform's own opener; where there is none, nothing happens. */
import { spawn } from 'node:child_process';

const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
  linux: ['xdg-open'],
};

export function openInBrowser(url: string): void {
  const opener = openers[process.platform];
  if (!opener) return;
  const [program, ...args] = opener;
  const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore' });
  // The address is on the screen anyway.
  child.on('error', () => {});
  child.unref();
}
