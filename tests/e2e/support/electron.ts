/** A real Electron window: the official runtime where it is installed, else the one that ELECTRON_OVERRIDE_DIST_PATH names. */
import { chromium, type Browser, type Page } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { commonArgs } from './chromium.ts';
import { projectFolder } from './engine.ts';

export interface ElectronWindow extends AsyncDisposable {
  page: Page;
}

/** Why there can be no Electron window here; null when there can. */
export function electronObstacle(): string | null {
  if (findRuntime() === null)
    return 'no Electron runtime: none is installed, and ELECTRON_OVERRIDE_DIST_PATH is not set';
  if (process.platform === 'linux' && !process.env.DISPLAY && !onPath('Xvfb')) {
    return 'no display: DISPLAY is not set and Xvfb is not installed';
  }
  return null;
}

/** Opens the built app, attached to an engine that runs already. */
export async function openElectron(engineUrl: string): Promise<ElectronWindow> {
  const folder = await mkdtemp(join(tmpdir(), 'reelwright-electron-'));
  const stop: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const dispose = async () => {
    for (const step of stop.toReversed()) await step();
  };
  try {
    const display = process.platform === 'linux' && !process.env.DISPLAY ? await startXvfb(stop) : null;
    const runtime = await placeApp(join(folder, 'runtime'));
    const port = await freePort();
    const child = spawn(
      runtime.program,
      [
        ...runtime.args,
        ...commonArgs(),
        '--disable-gpu',
        `--remote-debugging-port=${port}`,
        `--user-data-dir=${join(folder, 'profile')}`,
        `--engine-url=${engineUrl}`,
      ],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, ...(display ? { DISPLAY: display } : {}) },
      },
    );
    stop.push(() => end(child));
    const browser = await connect(port, child);
    stop.push(() => browser.close());
    const [context] = browser.contexts();
    const page = context!.pages()[0] ?? (await context!.waitForEvent('page'));
    return { page, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

interface Runtime {
  folder: string;
  /** An older, packaged runtime runs what lies under its resources and ignores a path. */
  packaged: boolean;
}

function findRuntime(): Runtime | null {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (override && existsSync(override)) return { folder: override, packaged: true };
  const official = join(projectFolder, 'node_modules/electron/dist');
  return existsSync(join(official, 'version')) ? { folder: official, packaged: false } : null;
}

/** Puts the built app where the runtime looks for it. */
async function placeApp(target: string): Promise<{ program: string; args: string[] }> {
  const runtime = findRuntime()!;
  if (!runtime.packaged) {
    const name = readFileSync(join(projectFolder, 'node_modules/electron/path.txt'), 'utf8').trim();
    return { program: join(runtime.folder, name), args: [projectFolder] };
  }
  await cp(runtime.folder, target, { recursive: true });
  const app = join(target, 'resources/app');
  await mkdir(app, { recursive: true });
  await cp(join(projectFolder, 'package.json'), join(app, 'package.json'));
  await cp(join(projectFolder, 'out'), join(app, 'out'), { recursive: true });
  await symlink(join(projectFolder, 'node_modules'), join(app, 'node_modules'));
  return { program: join(target, 'electron'), args: [] };
}

/** Waits until the window's debugging port answers; an app that ends before is an error with its last words. */
async function connect(port: number, child: ChildProcess): Promise<Browser> {
  let lastWords = '';
  child.stderr!.on('data', (data: Buffer) => (lastWords = (lastWords + data.toString()).slice(-4000)));
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`Electron ended:\n${lastWords}`);
    try {
      return await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** Lets Xvfb choose a free display and returns its name. */
async function startXvfb(stop: (() => Promise<unknown>)[]): Promise<string> {
  const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1400x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  stop.push(() => end(child));
  const [data] = (await once(child.stdio[3]!, 'data')) as [Buffer];
  return `:${data.toString().trim()}`;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(force);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}
