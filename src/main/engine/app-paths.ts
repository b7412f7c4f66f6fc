/** Where the parts of the installed application lie, whether it runs from source or from the bundle. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const here = fileURLToPath(import.meta.url);
const fromSource = here.endsWith('.ts');

/** The folder of our package.json. */
export const appFolder: string = findAppFolder(dirname(here));

/** Of the program. */
export const ownVersion: string = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(appFolder, 'package.json'), 'utf8'))).version;

/** The entry module of a worker process or of a short-lived helper process. */
export function workerEntry(name: string): string {
  return fromSource
    ? join(appFolder, 'src/main/workers', `${name}.ts`)
    : join(appFolder, 'out/main/workers', `${name}.js`);
}

/** The built studio, as the loopback server hands it to a browser. */
export const builtRenderer: string = join(appFolder, 'out/renderer');

/** What is shipped besides code: the text encoder and the base model. */
export const resourcesFolder: string = findResources(appFolder);

/** The model package that ships with Reelwright, or another that is to stand in for it. */
export const baseModelFolder: string =
  process.env.REELWRIGHT_BASE_MODEL || join(resourcesFolder, 'base-model');

/**
 * `resources/` lies beside our package.json, in the source tree and for a build that runs from it. In a packaged desktop app that
 * is inside `app.asar` or `app/`; a packager may as well put it beside those, into Electron's own folder for resources. Found by
 * where the code lies, it is the same folder in every process, also in workers, which run as plain Node.
 */
export function findResources(application: string): string {
  const within = join(application, 'resources');
  const beside = join(dirname(application), 'resources');
  return !existsSync(within) && existsSync(beside) ? beside : within;
}

function findAppFolder(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error(`No package.json above ${start}`);
  }
}
