/** The workspace folder: its places, and the lock that keeps it to one engine. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '#shared/errors/app-error.ts';
import { explainDiskFull } from '#shared/errors/disk-full.ts';
import { lockFile } from './db/file-lock.ts';

const folders = ['store', 'runs', 'takes', 'snapshots', 'cache', 'logs', 'uploads'] as const;

export interface Workspace {
  root: string;
  database: string;
  store: string;
  runs: string;
  takes: string;
  snapshots: string;
  cache: string;
  logs: string;
  uploads: string;
  /** Path of a content-addressed file: `store/ab/cdef…`. */
  stored(hash: string): string;
  /** Lets others find this engine: see `findRunningEngine`. */
  announce(url: string, token: string): void;
  release(): void;
}

const runningEngine = z.object({ pid: z.number().int(), url: z.string(), token: z.string() });
export type RunningEngine = z.output<typeof runningEngine>;

/** Where a creator's work lies if nobody says otherwise. */
export function defaultWorkspace(env = process.env, platform = process.platform): string {
  const home = homedir();
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'Reelwright');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Reelwright');
  return join(env.XDG_DATA_HOME ?? join(home, '.local', 'share'), 'Reelwright');
}

/** Creates what is missing and takes the lock. Throws workspace-locked, workspace-unwritable or disk-full. */
export function openWorkspace(folder: string): Workspace {
  const root = resolve(folder);
  const announcement = join(root, 'engine.json');
  const lock = orUnwritable(root, () => {
    for (const name of folders) mkdirSync(join(root, name), { recursive: true });
    return lockFile(join(root, 'engine.lock'));
  });
  if (!lock) {
    throw new AppError('workspace-locked', { path: root, pid: readAnnouncement(root)?.pid ?? '?' });
  }
  try {
    orUnwritable(root, () => {
      writeAtomically(announcement, JSON.stringify({ pid: process.pid, url: '', token: '' }));
      removeHalfUploads(join(root, 'uploads'));
    });
  } catch (error) {
    lock.release();
    throw error;
  }
  return {
    root,
    database: join(root, 'reelwright.db'),
    store: join(root, 'store'),
    runs: join(root, 'runs'),
    takes: join(root, 'takes'),
    snapshots: join(root, 'snapshots'),
    cache: join(root, 'cache'),
    logs: join(root, 'logs'),
    uploads: join(root, 'uploads'),
    stored: (hash) => join(root, 'store', hash.slice(0, 2), hash.slice(2)),
    announce: (url, token) => writeAtomically(announcement, JSON.stringify({ pid: process.pid, url, token })),
    release: () => {
      rmSync(announcement, { force: true });
      lock.release();
    },
  };
}

/** The engine that holds this workspace and can be attached to, if there is one. */
export function findRunningEngine(folder: string): RunningEngine | null {
  const root = resolve(folder);
  const announced = readAnnouncement(root);
  if (!announced?.url) return null;
  // A killed engine leaves its announcement, never its lock.
  const lock = lockFile(join(root, 'engine.lock'));
  lock?.release();
  return lock ? null : announced;
}

function readAnnouncement(root: string): RunningEngine | null {
  try {
    return runningEngine.parse(JSON.parse(readFileSync(join(root, 'engine.json'), 'utf8')));
  } catch {
    return null;
  }
}

/** What a killed engine was receiving; nobody will send the rest. */
function removeHalfUploads(uploads: string): void {
  for (const name of readdirSync(uploads)) if (name.endsWith('.part')) rmSync(join(uploads, name));
}

function writeAtomically(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  // The token opens the engine, so only its owner may read it.
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, path);
}

function orUnwritable<T>(root: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const explained = explainDiskFull(error, root);
    if (explained instanceof AppError) throw explained;
    throw new AppError('workspace-unwritable', { path: root, detail: (error as Error).message });
  }
}
