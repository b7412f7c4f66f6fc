/** `npm start`: installs and builds what is missing, then opens the studio: in Electron, or where that cannot be, in the browser. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, install, main, root, run, runTool, say } from './setup.mjs';

await main(async () => {
  await install();
  await build();
  const options = process.argv.slice(2);
  const electron = await findElectron();
  if (electron) {
    say('Opening Reelwright. Ctrl-C here, or closing the window, ends it.');
    const started = Date.now();
    const code = await run(electron, [root, ...options]);
    const neverOpened = code !== 0 && code !== 130 && code !== 143 && Date.now() - started < 15_000;
    if (!neverOpened) return code;
    say(`Electron could not start here (exit code ${code}); the studio opens in the browser instead.`);
  }
  return runTool('bin/reelwright.mjs', ['serve', '--open', ...options]);
});

/** The path of a runnable Electron, or null after saying why there is none. */
async function findElectron() {
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    say('There is no display (DISPLAY is not set): the studio is served to a browser.');
    return null;
  }
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  const packageFolder = join(root, 'node_modules/electron');
  if (!override && !existsSync(join(packageFolder, 'path.txt'))) {
    say('Fetching the Electron runtime (about 110 MB, once) …');
    const code = await runTool(join(packageFolder, 'install.js'), [], {
      stdio: ['inherit', 'inherit', 'ignore'],
    });
    if (code !== 0) {
      say('The Electron runtime could not be downloaded: the studio is served to a browser.');
      return null;
    }
  }
  const program = existsSync(join(packageFolder, 'path.txt'))
    ? readFileSync(join(packageFolder, 'path.txt'), 'utf8').trim()
    : 'electron';
  return join(override ?? join(packageFolder, 'dist'), program);
}
