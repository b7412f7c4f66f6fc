/** Makes a fresh clone ready on any Node from 20 on, with no dependencies: installs, builds, and finds the pinned Node. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const say = (/** @type {string} */ text) => console.error(`\x1b[36m▸\x1b[0m ${text}`);

/** The Node that package.json pins: better-sqlite3 and type stripping need it, whatever the system has. */
export const pinnedNode = join(
  root,
  'node_modules/node/bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

/** Runs a program to its end and resolves with its exit code; 128 + n where signal n ended it, as a shell says it. */
export function run(
  /** @type {string} */ program,
  /** @type {string[]} */ args,
  /** @type {import('node:child_process').SpawnOptions} */ options = {},
) {
  return new Promise((/** @type {(code: number) => void} */ resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: 'inherit', env: toolEnvironment(), ...options });
    // Ctrl-C reaches the whole process group by itself; a signal sent to this process alone is handed on.
    const ignore = () => {};
    const handOn = () => child.kill('SIGTERM');
    process.on('SIGINT', ignore).on('SIGTERM', handOn);
    const unhook = () => process.off('SIGINT', ignore).off('SIGTERM', handOn);
    child.on('error', (error) => (unhook(), reject(error)));
    child.on('exit', (code, signal) => (unhook(), resolve(code ?? (signal === 'SIGINT' ? 130 : 143))));
  });
}

/** Runs a tool of node_modules on the pinned Node. */
export function runTool(
  /** @type {string} */ script,
  /** @type {string[]} */ args = [],
  /** @type {import('node:child_process').SpawnOptions} */ options = {},
) {
  return run(pinnedNode, [script, ...args], options);
}

/** The environment in which `node` and the installed tools are the pinned ones. */
export function toolEnvironment() {
  const path = [join(root, 'node_modules/node/bin'), join(root, 'node_modules/.bin'), process.env.PATH];
  return { ...process.env, PATH: path.join(delimiter) };
}

/** Installs what package-lock.json asks for, if it is not there. */
export async function install() {
  if (isInstalled()) return;
  say('Installing packages (npm ci). The first time this takes a few minutes …');
  const npm = process.env.npm_execpath;
  // Node 20 is told off by packages that want 24; everything runs on the pinned 24, so that is only noise.
  const args = ['ci', '--loglevel=error', '--no-audit', '--no-fund'];
  const code = npm
    ? await run(process.execPath, [npm, ...args])
    : await run('npm', args, { shell: process.platform === 'win32' });
  if (code !== 0)
    throw new SetupError(
      `npm ci failed (exit code ${code}). Check the network and the disk, then try again.`,
    );
}

/** Bundles shell, engine, workers and studio into out/, if a source changed since the last time. */
export async function build() {
  const stampPath = join(root, 'out/.stamp');
  const stamp = sourceHash([
    'src',
    'resources',
    'package-lock.json',
    'electron.vite.config.ts',
    'tsconfig.base.json',
  ]);
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return;
  say('Building (electron-vite) …');
  const code = await runTool('node_modules/electron-vite/bin/electron-vite.js', [
    'build',
    '--logLevel',
    'warn',
  ]);
  if (code !== 0) throw new SetupError(`The build failed (exit code ${code}).`);
  mkdirSync(join(root, 'out'), { recursive: true });
  writeFileSync(stampPath, stamp);
}

/** A failure whose message says it all; shown without a stack. */
export class SetupError extends Error {}

/** Runs a script's body; a failure is told in one line, and the exit code is what the body returns. */
export async function main(/** @type {() => Promise<number>} */ body) {
  try {
    process.exitCode = await body();
  } catch (error) {
    console.error(error instanceof SetupError ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

/** Whether every package of the lock file that is not optional is there in its version. */
function isInstalled() {
  const installedPath = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installedPath) || !existsSync(pinnedNode)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedPath, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional, devOptional, peer }]) =>
      path === '' ||
      optional ||
      devOptional ||
      (peer && !installed[path]) ||
      installed[path]?.version === version,
  );
}

/** A hash over the names and contents of files, and of all files in folders. */
function sourceHash(/** @type {string[]} */ paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap(filesOf)) {
    hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

/** @returns {string[]} */
function filesOf(/** @type {string} */ path) {
  const absolute = join(root, path);
  if (!existsSync(absolute)) return [];
  if (!statSync(absolute).isDirectory()) return [path];
  return readdirSync(absolute)
    .toSorted()
    .flatMap((name) => filesOf(join(path, name)));
}
