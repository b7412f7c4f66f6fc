/** The desktop app: one instance, one window, one engine that belongs to it or that it is pointed at. */
import { app, BrowserWindow, dialog } from 'electron';
import { join } from 'node:path';
import { errorMessage } from '#shared/errors/app-error.ts';
import { handleBridge } from './bridge-handlers.ts';
import type { EngineLink } from './engine-link.ts';
import { setMenu } from './menu.ts';
import { parseShellOptions, type ShellOptions } from './options.ts';
import { ownEngine } from './own-engine.ts';
import { registerScheme, serveScheme } from './protocol.ts';
import { remoteEngine } from './remote-engine.ts';
import { confine, denyPermissions, openWindow } from './window.ts';

function start(options: ShellOptions): void {
  if (options.userData !== null) app.setPath('userData', options.userData);
  // A second start brings the first one to the front.
  if (!app.requestSingleInstanceLock()) return app.quit();
  registerScheme();
  app.on('web-contents-created', (_event, contents) => confine(contents));
  app.on('second-instance', () => BrowserWindow.getAllWindows()[0]?.focus());
  app.on('window-all-closed', () => app.quit());

  void app.whenReady().then(() => {
    const engine = linkEngine(options);
    denyPermissions();
    setMenu();
    serveScheme(join(import.meta.dirname, '../renderer'), engine);
    handleBridge(engine);
    openWindow(app.getPath('userData'));
    stopEngineBeforeQuit(engine);
  });
}

function linkEngine({ engineUrl, workspace }: ShellOptions): EngineLink {
  if (engineUrl) return remoteEngine(engineUrl);
  return ownEngine({
    workspace,
    onFailure: (error) => {
      const language = app.getLocale().startsWith('zh') ? 'zh' : 'en';
      dialog.showErrorBox('Reelwright', errorMessage(error, language));
      app.exit(1);
    },
  });
}

/** Jobs end at a checkpoint and the database closes before the app does. */
function stopEngineBeforeQuit(engine: EngineLink): void {
  let stopped = false;
  app.on('will-quit', (event) => {
    if (stopped) return;
    event.preventDefault();
    void engine.stop().finally(() => {
      stopped = true;
      app.quit();
    });
  });
}

try {
  start(parseShellOptions(process.argv.slice(1)));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  app.exit(2);
}
